namespace DistributedBatch.Producer.Ledger;

/// <summary>The chunks of a run in index order, with their number by state. Segments stay where they are when the table grows.</summary>
internal sealed class ChunkTable
{
    // 4096 times 16 bytes stays below the large object heap.
    private const int SegmentBits = 12;
    private const int SegmentSize = 1 << SegmentBits;

    private readonly List<PackedChunk[]> segments = [];
    private long end;

    /// <summary>How many chunks there are.</summary>
    public int Count { get; private set; }

    /// <summary>How many of them are in each state.</summary>
    public StateCounts States { get; } = new();

    /// <summary>The chunk with number <paramref name="index"/>, in place.</summary>
    public ref PackedChunk this[int index] => ref segments[index >> SegmentBits][index & (SegmentSize - 1)];

    /// <summary>Appends the next chunk.</summary>
    public ref PackedChunk Add(ChunkRange range, ChunkState state)
    {
        if (Count == segments.Count << SegmentBits)
            segments.Add(new PackedChunk[SegmentSize]);
        ref var chunk = ref this[Count++];
        chunk.Start = range.Start;
        chunk.State = state;
        end = range.End;
        States.Add(state);
        return ref chunk;
    }

    /// <summary>Moves a chunk to another state.</summary>
    public void Move(int index, ChunkState to)
    {
        ref var chunk = ref this[index];
        States.Move(chunk.State, to);
        chunk.State = to;
    }

    /// <summary>The items of a chunk.</summary>
    public ChunkRange RangeOf(int index)
    {
        var start = this[index].Start;
        return new ChunkRange(index, start, (index + 1 < Count ? this[index + 1].Start : end) - start);
    }
}
