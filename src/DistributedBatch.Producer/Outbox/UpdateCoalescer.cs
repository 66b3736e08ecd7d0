namespace DistributedBatch.Producer.Outbox;

/// <summary>
/// Merges changes of runs into as few messages as possible. Of a chunk that changed twice, and of a run, only the last state is kept.
/// </summary>
internal sealed class UpdateCoalescer
{
    /// <summary>Most chunks in one message: its size stays well below any broker's limit.</summary>
    public const int MaxChunksPerMessage = 1000;

    private readonly Dictionary<RunId, MergedChange> runs = [];
    private int chunks;

    /// <summary>Whether there are enough chunks for a full message.</summary>
    public bool IsFull => chunks >= MaxChunksPerMessage;

    /// <summary>Adds a change; those of one run come in the order of their revisions.</summary>
    public void Add(RunChanged change)
    {
        if (!runs.TryGetValue(change.Run, out var merged))
            runs[change.Run] = merged = new MergedChange();
        merged.Last = change;
        foreach (var chunk in change.Chunks)
        {
            chunks += merged.Chunks.ContainsKey(chunk.Index) ? 0 : 1;
            merged.Chunks[chunk.Index] = chunk;
        }
    }

    /// <summary>Takes everything out.</summary>
    /// <returns>The messages in order, and whether each is the last one of its run.</returns>
    public IReadOnlyList<(RunChanged Change, bool IsLast)> Take()
    {
        List<(RunChanged, bool)> messages = [];
        foreach (var merged in runs.Values)
        {
            var pages = merged.Chunks.Count == 0 ? [[]] : merged.Chunks.Values.Chunk(MaxChunksPerMessage).ToArray();
            for (var page = 0; page < pages.Length; page++)
                messages.Add((merged.Last! with { Chunks = pages[page] }, page == pages.Length - 1));
        }

        runs.Clear();
        chunks = 0;
        return messages;
    }

    private sealed class MergedChange
    {
        public RunChanged? Last { get; set; }

        public Dictionary<int, ChunkChange> Chunks { get; } = [];
    }
}
