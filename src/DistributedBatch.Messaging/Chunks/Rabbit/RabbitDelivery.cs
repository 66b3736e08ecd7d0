namespace DistributedBatch.Messaging.Chunks.Rabbit;

/// <summary>A chunk from RabbitMQ: first ready in the host's buffer, then in the hands of a slot.</summary>
internal sealed class RabbitDelivery(RabbitChunkBuffer buffer, QueueChannel channel, ulong tag) : ChunkDelivery
{
    private int settled;

    /// <summary>The channel by which it came, and on which it is acknowledged.</summary>
    public QueueChannel Channel => channel;

    /// <summary>Its delivery tag there.</summary>
    public ulong Tag => tag;

    /// <summary>Timestamp of its arrival.</summary>
    public required long ArrivedAt { get; init; }

    /// <summary>Timestamp of the moment when a slot received it; 0 while it lies ready.</summary>
    public long StartedAt { get; set; }

    /// <summary>Timestamp of the moment when its attempt ended; 0 while it has not.</summary>
    public long EndedAt { get; set; }

    /// <summary>Whether heartbeats keep the chunk and the delivery is acknowledged.</summary>
    public bool IsLeased { get; set; }

    /// <inheritdoc/>
    public override CancellationToken Lost => channel.Lost;

    /// <inheritdoc/>
    public override void Finished() => buffer.HandleEnd(this);

    /// <inheritdoc/>
    public override void Settle()
    {
        if (Interlocked.Exchange(ref settled, 1) != 0)
            return;
        buffer.Settle(this);
    }

    /// <inheritdoc/>
    public override ValueTask FlushAsync() => new(channel.FlushAsync());

    /// <inheritdoc/>
    public override ValueTask LeaseAsync() => new(Interlocked.Exchange(ref settled, 1) == 0 ? buffer.LeaseAsync(this) : Task.CompletedTask);

    /// <inheritdoc/>
    public override ValueTask RejectAsync(string reason) => new(Interlocked.Exchange(ref settled, 1) == 0
        ? buffer.PublishDeadAsync(channel, tag, Chunk.Run, Chunk.Index, Chunk.Attempt, reason)
        : Task.CompletedTask);
}
