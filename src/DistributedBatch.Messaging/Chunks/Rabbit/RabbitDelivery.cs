namespace DistributedBatch.Messaging.Chunks.Rabbit;

/// <summary>A chunk from RabbitMQ in the hands of a slot.</summary>
internal sealed class RabbitDelivery(RabbitChunkLane lane, QueueConsumer<LaneArrival> generation, ulong tag) : ChunkDelivery
{
    private int settled;

    /// <summary>Channel that it came by.</summary>
    public QueueConsumer<LaneArrival> Generation => generation;

    /// <summary>Its delivery tag there.</summary>
    public ulong Tag => tag;

    /// <summary>Whether it is dealt with.</summary>
    public bool IsSettled => Volatile.Read(ref settled) != 0;

    /// <inheritdoc/>
    public override CancellationToken Lost => generation.Lost;

    /// <summary>When the slot asked for its next chunk; 0 while it has not.</summary>
    public long Freed { get; set; }

    /// <inheritdoc/>
    public override void Done()
    {
        if (Interlocked.Exchange(ref settled, 1) != 0)
            return;
        lane.Pace.Settled(Freed);
        generation.Done(tag);
    }

    /// <inheritdoc/>
    public override ValueTask FlushAsync() => new(generation.FlushAsync());

    /// <inheritdoc/>
    public override async ValueTask RejectAsync(string reason)
    {
        if (Interlocked.Exchange(ref settled, 1) != 0)
            return;
        await lane.PutAsideAsync(generation, tag, Chunk.Run, Chunk.Index, Chunk.Attempt, reason);
    }
}
