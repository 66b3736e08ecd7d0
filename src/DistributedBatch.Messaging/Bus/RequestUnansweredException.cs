namespace DistributedBatch.Messaging.Bus;

/// <summary>A request got no response in time, or its handler failed. The message says what to check.</summary>
public sealed class RequestUnansweredException(string message, Exception? cause = null) : Exception(message, cause);
