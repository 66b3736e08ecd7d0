namespace DistributedBatch.Messaging.Chunks;

/// <summary>One slot's way to the chunk queue. Disposing it hands back whatever was received and not settled.</summary>
public interface IChunkLane : IAsyncDisposable
{
    /// <summary>
    /// Waits for the next chunk. Rides through lost connections; ends only with a chunk or with <paramref name="cancellation"/>, and a cancelled wait loses no chunk.
    /// </summary>
    ValueTask<ChunkDelivery> ReceiveAsync(CancellationToken cancellation);

    /// <summary>
    /// Whether nothing, or less than a quarter of what the lane may hold, lies ready for its slot, so that what the slot has done should be settled soon to make room.
    /// </summary>
    bool RunsLow { get; }
}
