namespace DistributedBatch.Producer.Ledger;

/// <summary>The chunks of a run in index order, in segments that stay where they are when the table grows.</summary>
internal sealed class ChunkTable
{
    // 4096 times 16 bytes stays below the large object heap.
    private const int SegmentBits = 12;
    private const int SegmentSize = 1 << SegmentBits;

    private readonly List<PackedChunk[]> segments = [];

    /// <summary>How many chunks there are.</summary>
    public int Count { get; private set; }

    /// <summary>The chunk with number <paramref name="index"/>, in place.</summary>
    public ref PackedChunk this[int index] => ref segments[index >> SegmentBits][index & (SegmentSize - 1)];

    /// <summary>Appends a pending chunk that starts at <paramref name="start"/>.</summary>
    public ref PackedChunk Add(long start)
    {
        if (Count == segments.Count << SegmentBits)
            segments.Add(new PackedChunk[SegmentSize]);
        ref var chunk = ref this[Count++];
        chunk.Start = start;
        return ref chunk;
    }
}
