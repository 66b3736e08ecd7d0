namespace DistributedBatch.Producer.Ledger;

/// <summary>How many of the cut chunks are in each state.</summary>
internal sealed class StateCounts
{
    private readonly int[] byState = new int[6];

    /// <summary>Chunks in <paramref name="state"/>.</summary>
    public int this[ChunkState state] => byState[(int)state];

    /// <summary>Counts a chunk that is new in <paramref name="state"/>.</summary>
    public void Add(ChunkState state) => byState[(int)state]++;

    /// <summary>Counts a chunk that changes its state.</summary>
    public void Move(ChunkState from, ChunkState to)
    {
        byState[(int)from]--;
        byState[(int)to]++;
    }

    /// <summary>The counts, together with <paramref name="uncut"/> chunks that are not cut yet: cancelled with their run, else pending.</summary>
    public ChunkCounts Counts(int uncut, bool cancelled) => new(
        byState.Sum() + uncut,
        this[ChunkState.Pending] + (cancelled ? 0 : uncut),
        this[ChunkState.Queued],
        this[ChunkState.Running],
        this[ChunkState.Succeeded],
        this[ChunkState.Failed],
        this[ChunkState.Cancelled] + (cancelled ? uncut : 0));
}
