namespace DistributedBatch.Messaging.Chunks.Rabbit;

/// <summary>
/// The deliveries of one channel that the broker has not been told about yet, and how to acknowledge them with few frames: "all up to this one" is one command for
/// a quorum queue, however many deliveries it covers. Not safe for several threads.
/// </summary>
internal sealed class UnacknowledgedDeliveries
{
    /// <summary>One acknowledgement to send.</summary>
    /// <param name="Tag">The delivery.</param>
    /// <param name="Multiple">Whether it covers all deliveries before this one too.</param>
    public readonly record struct Frame(ulong Tag, bool Multiple);

    private readonly Queue<ulong> inOrder = new();
    private readonly Dictionary<ulong, Subscription> open = [];
    private readonly HashSet<ulong> settled = [];

    // Acknowledged alone while an earlier delivery was open. A broker closes the channel when a frame names one of these again.
    private readonly HashSet<ulong> acknowledgedAlone = [];

    /// <summary>Deliveries that the broker counts as ours.</summary>
    public int Count => open.Count;

    /// <summary>Adds a delivery that came by <paramref name="subscription"/>; tags grow.</summary>
    public void Add(ulong tag, Subscription subscription)
    {
        inOrder.Enqueue(tag);
        open.Add(tag, subscription);
        subscription.Unacknowledged++;
    }

    /// <summary>The subscription by which a delivery came; null when it was acknowledged already.</summary>
    public Subscription? SubscriptionOf(ulong tag) => open.GetValueOrDefault(tag);

    /// <summary>Marks a delivery as settled; <see cref="TakeFrames"/> says how to acknowledge it.</summary>
    public void Settle(ulong tag)
    {
        if (open.ContainsKey(tag))
            settled.Add(tag);
    }

    /// <summary>Takes out a delivery that the broker is told about by other means than an acknowledgement.</summary>
    public void Remove(ulong tag)
    {
        acknowledgedAlone.Add(tag);
        Close(tag);
    }

    /// <summary>The frames that acknowledge everything settled.</summary>
    public List<Frame> TakeFrames()
    {
        List<Frame> frames = [];
        ulong upTo = 0;
        while (inOrder.TryPeek(out var first))
        {
            if (settled.Remove(first))
            {
                upTo = first;
                Close(first);
            }
            else if (!acknowledgedAlone.Remove(first))
            {
                break;
            }

            inOrder.Dequeue();
        }

        if (upTo > 0)
            frames.Add(new Frame(upTo, Multiple: true));
        foreach (var tag in settled)
        {
            frames.Add(new Frame(tag, Multiple: false));
            acknowledgedAlone.Add(tag);
            Close(tag);
        }

        settled.Clear();
        return frames;
    }

    private void Close(ulong tag)
    {
        if (open.Remove(tag, out var subscription))
            subscription.Unacknowledged--;
    }
}
