namespace DistributedBatch.Messaging.Connections;

/// <summary>The broker answered and does not let us work with it, or did not answer in the time we had. The message says what to do.</summary>
public sealed class BrokerRefusedException(string message, Exception? cause = null) : Exception(message, cause);
