namespace DistributedBatch.Producer.Planning;

/// <summary>Cuts a dataset into chunks, one at a time and only when there is room for it. Pure.</summary>
/// <param name="first">First item.</param>
/// <param name="total">One past the last item.</param>
/// <param name="size">Items per chunk; null for automatic sizes, decided when a chunk is cut.</param>
internal sealed class ChunkPlanner(long first, long total, long? size)
{
    private long lastSize = 1;

    /// <summary>First item that is in no chunk yet.</summary>
    public long Cursor { get; private set; } = first;

    /// <summary>Number of the next chunk, which is how many were cut.</summary>
    public int Next { get; private set; }

    /// <summary>Whether every chunk has the same size, so that the plan is known without the rows of its chunks.</summary>
    public bool IsFixed => size is not null;

    /// <summary>Chunks still to be cut; an estimate with automatic sizes.</summary>
    public int Uncut => (int)Math.Min(int.MaxValue - Next, DivideUp(total - Cursor, size ?? lastSize));

    /// <summary>Cuts the next chunk; the last one takes the remainder. Null when every item is in a chunk.</summary>
    public ChunkRange? Cut(int slots, double? secondsPerItem)
    {
        var remaining = total - Cursor;
        if (remaining <= 0)
            return null;
        var chunk = new ChunkRange(Next, Cursor, Math.Min(remaining, size ?? AutoChunkSize.Next(remaining, slots, secondsPerItem)));
        Continue(chunk);
        return chunk;
    }

    /// <summary>Takes over a chunk that an earlier producer cut, in order.</summary>
    /// <exception cref="InvalidOperationException">The chunk does not follow the last one.</exception>
    public void Continue(ChunkRange chunk)
    {
        if (chunk.Index != Next || chunk.Start != Cursor || chunk.Count < 1 || chunk.End > total)
        {
            throw new InvalidOperationException(
                $"Chunk {chunk.Index} [{chunk.Start}, {chunk.End}) does not follow chunk {Next - 1}, which ends at {Cursor}.");
        }

        Cursor = chunk.End;
        Next++;
        lastSize = chunk.Count;
    }

    private static long DivideUp(long items, long by) => items <= 0 ? 0 : ((items - 1) / by) + 1;
}
