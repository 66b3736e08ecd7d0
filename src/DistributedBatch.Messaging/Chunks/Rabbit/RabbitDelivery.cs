namespace DistributedBatch.Messaging.Chunks.Rabbit;

/// <summary>A chunk from RabbitMQ in the hands of a slot.</summary>
internal sealed class RabbitDelivery(RabbitChunkLane lane, QueueConsumer<LaneArrival> generation, ulong tag) : ChunkDelivery
{
    private int settled;

    /// <inheritdoc/>
    public override CancellationToken Lost => generation.Lost;

    /// <summary>When the slot asked for its next chunk; 0 while it has not.</summary>
    public long Freed { get; set; }

    /// <summary>Whether the slot is done with it.</summary>
    public bool IsSettled => Volatile.Read(ref settled) != 0;

    /// <inheritdoc/>
    public override ValueTask AcknowledgeAsync()
    {
        if (Interlocked.Exchange(ref settled, 1) != 0)
            return ValueTask.CompletedTask;
        lane.Pace.Settled(Freed);
        return generation.AcknowledgeAsync(tag);
    }

    /// <inheritdoc/>
    public override async ValueTask RejectAsync(string reason)
    {
        if (Interlocked.Exchange(ref settled, 1) != 0)
            return;
        await lane.PutAsideAsync(generation, tag, Chunk.Run, Chunk.Index, Chunk.Attempt, reason).ConfigureAwait(false);
    }
}
