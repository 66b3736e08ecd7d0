using DistributedBatch.Contracts.Messages;
using DistributedBatch.Contracts.Runs;

namespace DistributedBatch.Producer.Dispatch;

/// <summary>News of runs, merged into as few messages as say the same: of a chunk that changed twice only what it is now, of a run only its last state.</summary>
internal sealed class UpdateCoalescer
{
    /// <summary>A message of this many chunks stays well below what any broker minds.</summary>
    public const int MostChunksAMessage = 1000;

    private readonly Dictionary<RunId, Merged> runs = [];
    private int chunks;

    /// <summary>Whether there is enough for a message of full size.</summary>
    public bool IsLarge => chunks >= MostChunksAMessage;

    /// <summary>Adds news; those of one run come in the order of their revisions.</summary>
    public void Add(OutboxMessage.Changed news)
    {
        if (!runs.TryGetValue(news.Fact.Run, out var merged))
            runs[news.Fact.Run] = merged = new Merged();
        merged.Last = news.Fact;
        merged.Done.Add(news.Done);
        foreach (var chunk in news.Fact.Chunks)
        {
            chunks += merged.Chunks.ContainsKey(chunk.Index) ? 0 : 1;
            merged.Chunks[chunk.Index] = chunk;
        }
    }

    /// <summary>All of it, to be published in this order, each with what is to be called when it is. Nothing is left.</summary>
    public IReadOnlyList<(RunChanged Fact, IReadOnlyList<Action> Done)> Take()
    {
        List<(RunChanged, IReadOnlyList<Action>)> messages = [];
        foreach (var merged in runs.Values)
        {
            var pages = merged.Chunks.Count == 0 ? [[]] : merged.Chunks.Values.Chunk(MostChunksAMessage).ToArray();
            for (var page = 0; page < pages.Length; page++)
                messages.Add((merged.Last! with { Chunks = pages[page] }, page == pages.Length - 1 ? merged.Done : []));
        }

        runs.Clear();
        chunks = 0;
        return messages;
    }

    private sealed class Merged
    {
        public RunChanged? Last { get; set; }

        public List<Action> Done { get; } = [];

        public Dictionary<int, ChunkChange> Chunks { get; } = [];
    }
}
