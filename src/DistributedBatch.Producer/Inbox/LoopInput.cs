namespace DistributedBatch.Producer.Inbox;

/// <summary>Something for the producer's loop to do.</summary>
/// <param name="Message">The message; null only begins a round.</param>
/// <param name="Reply">Completed with the handler's answer after the commit, or with its exception; null when the sender does not wait.</param>
internal readonly record struct LoopInput(object? Message, LoopReply? Reply);
