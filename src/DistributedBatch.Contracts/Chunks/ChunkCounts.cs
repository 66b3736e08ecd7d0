namespace DistributedBatch.Contracts.Chunks;

/// <summary>How many chunks of a run are in each state. With <c>--chunk auto</c> the total is an estimate until the last chunk is cut.</summary>
public readonly record struct ChunkCounts(int Total, int Pending, int Queued, int Running, int Succeeded, int Failed, int Cancelled)
{
    /// <summary>Chunks in a final state.</summary>
    public int Settled => Succeeded + Failed + Cancelled;

    /// <summary>Chunks that take a place in the window.</summary>
    public int Outstanding => Queued + Running;
}
