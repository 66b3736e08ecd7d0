using DistributedBatch.Contracts.Chunks;
using DistributedBatch.Producer.Storage;

namespace DistributedBatch.Producer.Dispatch;

/// <summary>The values of a chunk's items: none for a range, computed for a sweep, read from the store for lists and tables.</summary>
internal sealed class ItemReader(StoredRun run, ILedgerStore store)
{
    private IReadOnlyList<IReadOnlyList<string>> ahead = [];
    private long aheadStart;

    /// <summary>The values of the items of <paramref name="chunk"/>; null for a range.</summary>
    public async ValueTask<IReadOnlyList<IReadOnlyList<string>>?> ReadAsync(ChunkRange chunk, CancellationToken cancellation)
    {
        if (!run.HasStoredItems)
            return run.Spec.Dataset.HasItems ? [.. Enumerable.Range(0, (int)chunk.Count).Select(offset => run.Spec.Dataset.ItemAt(chunk.Start + offset))] : null;
        if (chunk.Start < aheadStart || chunk.End > aheadStart + ahead.Count)
        {
            // The feed walks forward, so what follows is read along with a small chunk.
            var count = Math.Min(Math.Max(chunk.Count, 500), run.Spec.Dataset.Total - chunk.Start);
            ahead = await store.ReadItemsAsync(run.Id, chunk.Start, count, cancellation);
            aheadStart = chunk.Start;
        }

        return [.. ahead.Skip((int)(chunk.Start - aheadStart)).Take((int)chunk.Count)];
    }
}
