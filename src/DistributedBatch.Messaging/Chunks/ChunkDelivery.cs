namespace DistributedBatch.Messaging.Chunks;

/// <summary>A chunk in the hands of one slot. It stays the slot's until it is settled, or until <see cref="Lost"/> says that the broker took it back.</summary>
public abstract class ChunkDelivery
{
    /// <summary>What to run.</summary>
    public required RunChunk Chunk { get; init; }

    /// <summary>
    /// Cancelled when the broker took the delivery back, because a connection was lost or the broker restarted. The attempt may finish and report: the first success
    /// wins.
    /// </summary>
    public abstract CancellationToken Lost { get; }

    /// <summary>The attempt has ended and its slot is free. Call it once, before the report is sent: it measures how long chunks take.</summary>
    public abstract void Finished();

    /// <summary>
    /// Marks the chunk as settled: its report is confirmed. The broker hears of it with the next <see cref="FlushAsync"/> of any delivery of the same host and
    /// class, so that a group of acknowledgements costs little more than one.
    /// </summary>
    public abstract void Settle();

    /// <summary>Acknowledges everything that was settled on this delivery's channel. Does nothing when the delivery was lost.</summary>
    public abstract ValueTask FlushAsync();

    /// <summary>
    /// Acknowledges a chunk that runs longer than the broker lets a delivery be held; heartbeats keep it from now on. The slot stays busy, so no other chunk comes in
    /// its place.
    /// </summary>
    public abstract ValueTask LeaseAsync();

    /// <summary>Hands a chunk that no host can run to the producer as dead, with the reason.</summary>
    public abstract ValueTask RejectAsync(string reason);
}
