using DistributedBatch.Contracts.Datasets;
using DistributedBatch.Producer.Ledger;

namespace DistributedBatch.Producer.Storage;

/// <summary>
/// Stores ledgers. One producer at a time has the store open, and only its event loop calls it. Every method may throw <see cref="LedgerException"/>.
/// </summary>
internal interface ILedgerStore : IAsyncDisposable
{
    /// <summary>Becomes the writer and brings the tables to the newest version.</summary>
    /// <returns>False when another producer has the ledger open.</returns>
    ValueTask<bool> TryOpenAsync(CancellationToken cancellation);

    /// <summary>All runs, the oldest first, or only the one with the given id.</summary>
    ValueTask<IReadOnlyList<StoredRun>> ReadRunsAsync(RunId? only, CancellationToken cancellation);

    /// <summary>The chunks of a run in index order.</summary>
    IAsyncEnumerable<ChunkRow> ReadChunksAsync(RunId run, CancellationToken cancellation);

    /// <summary>The values of the items <c>[start, start + count)</c> of a run whose items are stored.</summary>
    ValueTask<IReadOnlyList<IReadOnlyList<string>>> ReadItemsAsync(RunId run, long start, long count, CancellationToken cancellation);

    /// <summary>Adds a run and, where the store keeps them, its items.</summary>
    ValueTask AddAsync(StoredRun run, Dataset dataset, CancellationToken cancellation);

    /// <summary>Removes a run with its items and chunks; does nothing when there is no such run.</summary>
    ValueTask RemoveAsync(RunId run, CancellationToken cancellation);

    /// <summary>Writes the changes of all runs in one transaction.</summary>
    ValueTask CommitAsync(IReadOnlyList<RunCommit> commits, CancellationToken cancellation);
}
