namespace DistributedBatch.Contracts.Chunks;

/// <summary>A chunk: the items <c>[Start, Start + Count)</c>, numbered within its run.</summary>
/// <param name="Index">Number of the chunk in its run, from 0.</param>
/// <param name="Start">First item.</param>
/// <param name="Count">Number of items, at least 1.</param>
public readonly record struct ChunkRange(int Index, long Start, long Count)
{
    /// <summary>One past the last item.</summary>
    public long End => Start + Count;
}
