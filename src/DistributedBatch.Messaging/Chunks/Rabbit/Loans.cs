namespace DistributedBatch.Messaging.Chunks.Rabbit;

/// <summary>
/// Deliveries of one channel that somebody else works on. The channel must stay open until they are dealt with, because closing it gives them back. Whoever uses it
/// takes care that it is used by one thread at a time.
/// </summary>
internal sealed class Loans
{
    private readonly HashSet<ulong> tags = [];
    private TaskCompletionSource? done;

    /// <summary>Whether nothing may be lent any more.</summary>
    public bool Ended => done is not null;

    /// <summary>A delivery is lent.</summary>
    public void Lent(ulong tag) => tags.Add(tag);

    /// <summary>A delivery, lent or not, is dealt with.</summary>
    public void Done(ulong tag)
    {
        if (tags.Remove(tag) && tags.Count == 0)
            done?.TrySetResult();
    }

    /// <summary>Lends nothing any more; completes when everything that was lent is dealt with.</summary>
    public Task EndAsync()
    {
        done ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        if (tags.Count == 0)
            done.TrySetResult();
        return done.Task;
    }
}
