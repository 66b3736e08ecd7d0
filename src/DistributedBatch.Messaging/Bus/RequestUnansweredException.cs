namespace DistributedBatch.Messaging.Bus;

/// <summary>Nobody answered a request in time, or whoever did failed over it. The message says what to check.</summary>
public sealed class RequestUnansweredException(string message, Exception cause) : Exception(message, cause);
