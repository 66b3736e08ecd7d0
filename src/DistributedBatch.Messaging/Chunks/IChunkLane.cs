namespace DistributedBatch.Messaging.Chunks;

/// <summary>One slot's way to the chunk queue. Disposing it hands back whatever was received and not settled.</summary>
public interface IChunkLane : IAsyncDisposable
{
    /// <summary>
    /// Waits for the next chunk. Rides through lost connections; ends only with a chunk or with <paramref name="cancellation"/>, and a cancelled wait loses no chunk.
    /// </summary>
    ValueTask<ChunkDelivery> ReceiveAsync(CancellationToken cancellation);

    /// <summary>Whether little lies ready for its slot, so that what the slot has done should be settled soon.</summary>
    bool RunsLow { get; }

    /// <summary>Whether only settling can bring its slot another chunk: the lanes of its host hold all they may.</summary>
    bool IsSpent { get; }
}
