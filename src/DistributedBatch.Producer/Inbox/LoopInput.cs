namespace DistributedBatch.Producer.Inbox;

/// <summary>Something for the producer's loop to do.</summary>
/// <param name="Message">The message; null only wakes the loop, which looks what is due.</param>
/// <param name="Reply">Completed with the handler's answer after the commit, or with its exception; null when nobody waits.</param>
internal readonly record struct LoopInput(object? Message, TaskCompletionSource<object?>? Reply);
