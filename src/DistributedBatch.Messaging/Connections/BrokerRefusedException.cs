namespace DistributedBatch.Messaging.Connections;

/// <summary>The broker refuses this process, or did not answer in time. The message says what to do.</summary>
public sealed class BrokerRefusedException(string message, Exception? cause = null) : Exception(message, cause);
