namespace DistributedBatch.Messaging.Chunks.Rabbit;

/// <summary>
/// The delivery tags of one channel that the broker has not been told about yet, and how to tell it with few frames: an acknowledgement of "all up to this one"
/// is one command for a quorum queue, however many it covers. Not safe for several threads.
/// </summary>
internal sealed class DeliveryTags
{
    /// <summary>One frame to send.</summary>
    /// <param name="Tag">The delivery.</param>
    /// <param name="Multiple">Whether it is meant with all before it.</param>
    public readonly record struct Frame(ulong Tag, bool Multiple);

    private readonly Queue<ulong> open = new();
    private readonly HashSet<ulong> done = [];

    // Told to the broker while an earlier delivery was still open. The broker closes the channel when it is told twice, so a group must not end with one of these.
    private readonly HashSet<ulong> told = [];

    /// <summary>A delivery came in; tags grow.</summary>
    public void Delivered(ulong tag) => open.Enqueue(tag);

    /// <summary>The delivery is dealt with; <see cref="Take"/> says how to tell it.</summary>
    public void Done(ulong tag) => done.Add(tag);

    /// <summary>The broker was told about this one by other means.</summary>
    public void Told(ulong tag) => told.Add(tag);

    /// <summary>The frames that tell the broker of all that is done.</summary>
    /// <param name="frames">Receives them.</param>
    /// <param name="since">A tag.</param>
    /// <returns>How many deliveries they tell of that are not older than <paramref name="since"/>.</returns>
    public int Take(List<Frame> frames, ulong since)
    {
        var count = done.Count(tag => tag >= since);
        ulong upTo = 0;
        while (open.TryPeek(out var first))
        {
            if (done.Remove(first))
                upTo = first;
            else if (!told.Remove(first))
                break;
            open.Dequeue();
        }

        if (upTo > 0)
            frames.Add(new Frame(upTo, Multiple: true));
        foreach (var tag in done)
        {
            frames.Add(new Frame(tag, Multiple: false));
            told.Add(tag);
        }

        done.Clear();
        return count;
    }
}
