using DistributedBatch.Producer.Storage;

namespace DistributedBatch.Producer.Runs;

/// <summary>The values of a chunk's items: none for a range, computed for a sweep, read from the store for lists and tables.</summary>
internal sealed class ItemReader(StoredRun run, LedgerStore store)
{
    // Chunks are dispatched in order, so the items after a small chunk are read along with it.
    private const int ReadAhead = 500;

    private IReadOnlyList<IReadOnlyList<string>> page = [];
    private long pageStart;

    /// <summary>The values of the items of <paramref name="chunk"/>; null for a range.</summary>
    public async ValueTask<IReadOnlyList<IReadOnlyList<string>>?> ReadAsync(ChunkRange chunk, CancellationToken cancellation)
    {
        var dataset = run.Spec.Dataset;
        if (!run.HasStoredItems)
            return dataset.HasItems ? [.. Enumerable.Range(0, (int)chunk.Count).Select(offset => dataset.ItemAt(chunk.Start + offset))] : null;
        if (chunk.Start < pageStart || chunk.End > pageStart + page.Count)
        {
            var count = Math.Min(Math.Max(chunk.Count, ReadAhead), dataset.Total - chunk.Start);
            page = await store.ReadItemsAsync(run.Id, chunk.Start, count, cancellation);
            pageStart = chunk.Start;
        }

        return [.. page.Skip((int)(chunk.Start - pageStart)).Take((int)chunk.Count)];
    }
}
