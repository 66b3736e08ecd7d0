namespace DistributedBatch.Messaging.Bus;

/// <summary>A message must not be handled: its queue does not take its type, or its sender may not send it. It moves to the error queue of its endpoint.</summary>
/// <param name="reason">Why, as a sentence.</param>
public sealed class MessageRefusedException(string reason) : Exception(reason);
