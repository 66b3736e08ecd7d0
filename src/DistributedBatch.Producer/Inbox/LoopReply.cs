namespace DistributedBatch.Producer.Inbox;

/// <summary>
/// The answer to a message, for its sender. Either the loop begins to handle the message or the sender takes it back, never both: a sender who was told that nothing was
/// done must not see it done later.
/// </summary>
internal sealed class LoopReply() : TaskCompletionSource<object?>(TaskCreationOptions.RunContinuationsAsynchronously)
{
    private int decided;

    /// <summary>Decides that the message is handled; false when its sender took it back.</summary>
    public bool TryBegin() => Interlocked.Exchange(ref decided, 1) == 0;

    /// <summary>Takes the message back; false when its handling has begun.</summary>
    public bool TryTakeBack() => Interlocked.Exchange(ref decided, 1) == 0;
}
