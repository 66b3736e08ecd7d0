using System.Data.Common;
using System.Runtime.CompilerServices;
using DistributedBatch.Contracts.Datasets;
using DistributedBatch.Producer.Ledger;
using DistributedBatch.Storage.Connections;
using DistributedBatch.Storage.Schema;

namespace DistributedBatch.Producer.Storage;

/// <summary>
/// Ledgers in a database, SQLite or PostgreSQL. When SQLite loses the last commits in a power failure, the chunks that they settled are dispatched again,
/// which the guarantees allow. A commit on PostgreSQL survives a power failure.
/// One producer at a time has the store open, and only its event loop calls it, unless a method says otherwise. Every method may throw <see cref="LedgerException"/>.
/// </summary>
/// <param name="database">The database of <see cref="Schema"/>. The store disposes it.</param>
internal sealed class LedgerStore(IDatabase database) : IAsyncDisposable
{
    /// <summary>The tables of the ledger. The lock's number spells "dbatch" in ASCII.</summary>
    public static readonly DatabaseSchema Schema = new("ledger", typeof(LedgerStore), 0x646261746368, singleWriter: true);

    private readonly DatabaseWriter writer = new(database);
    private readonly Dictionary<RunId, long> keys = [];

    /// <summary>Becomes the writer and brings the tables to the newest version.</summary>
    /// <returns>False when another producer has the ledger open.</returns>
    public ValueTask<bool> TryOpenAsync(CancellationToken cancellation) => ExplainAsync(() => writer.TryOpenAsync(cancellation));

    /// <summary>All runs, the oldest first, or only the one with the given id.</summary>
    public ValueTask<IReadOnlyList<StoredRun>> ReadRunsAsync(RunId? only, CancellationToken cancellation) => ExplainAsync(async ValueTask<IReadOnlyList<StoredRun>> () =>
    {
        await using var connection = await database.OpenReadAsync(cancellation);
        return await connection.ListAsync(LedgerSql.SelectRuns, ReadRun, cancellation, only?.Value ?? "");
    });

    /// <summary>The chunks of a run in index order.</summary>
    public async IAsyncEnumerable<ChunkRow> ReadChunksAsync(RunId run, [EnumeratorCancellation] CancellationToken cancellation)
    {
        var key = await KeyAsync(run, cancellation);
        await using var connection = await ExplainAsync(() => database.OpenReadAsync(cancellation));
        await using var rows = connection.StreamAsync(LedgerSql.SelectChunks, RunRow.ReadChunk, [key], cancellation).GetAsyncEnumerator(cancellation);
        while (await ExplainAsync(rows.MoveNextAsync))
            yield return rows.Current;
    }

    /// <summary>The values of the items <c>[start, start + count)</c> of a run whose items are stored.</summary>
    public async ValueTask<IReadOnlyList<IReadOnlyList<string>>> ReadItemsAsync(RunId run, long start, long count, CancellationToken cancellation)
    {
        var key = await KeyAsync(run, cancellation);
        var pages = await ExplainAsync(async () =>
        {
            await using var connection = await database.OpenReadAsync(cancellation);
            return await connection.ListAsync(LedgerSql.SelectItemPages, ReadPage, cancellation, key, start, start + count);
        });
        var items = new List<IReadOnlyList<string>>();
        foreach (var page in pages)
            items.AddRange(page.Within(start, count - items.Count));
        return items;
    }

    /// <summary>
    /// Adds a run and, where the store keeps them, its items. Does nothing when it has the run: a first try whose connection was lost may have been committed.
    /// </summary>
    public async ValueTask AddAsync(StoredRun run, Dataset dataset, CancellationToken cancellation)
    {
        var key = 0L;
        await WriteAsync(() => writer.WriteAsync(
            async connection =>
            {
                if (await connection.ScalarAsync(LedgerSql.InsertRun, RunRow.ForInsert(run), cancellation) is not long added)
                {
                    key = (long)(await connection.ScalarAsync(LedgerSql.SelectKey, [run.Id.Value], cancellation))!;
                    return;
                }

                key = added;
                foreach (var page in ItemPage.Of(dataset))
                    await connection.RunAsync(LedgerSql.InsertItemPage, [[key, page.First, page.Json]], cancellation);
            },
            cancellation));
        keys[run.Id] = key;
    }

    /// <summary>Removes a run with its items and chunks; does nothing when there is no such run.</summary>
    public async ValueTask RemoveAsync(RunId run, CancellationToken cancellation)
    {
        await WriteAsync(() => writer.ExecuteAsync([.. LedgerSql.DeleteRun.Select(sql => new Statement(sql, [[run.Value]]))], cancellation));
        keys.Remove(run);
    }

    /// <summary>Writes the changes of all runs in one transaction.</summary>
    public async ValueTask CommitAsync(IReadOnlyList<RunCommit> commits, CancellationToken cancellation)
    {
        var runs = new List<object?[]>(commits.Count);
        var chunks = new List<object?[]>();
        foreach (var commit in commits)
        {
            var key = await KeyAsync(commit.Run, cancellation);
            runs.Add(RunRow.ForUpdate(key, commit));
            foreach (var chunk in commit.Changes.Chunks)
                chunks.Add(RunRow.ForUpsert(key, chunk));
        }

        await WriteAsync(() => writer.ExecuteAsync([new(LedgerSql.UpdateRun, runs), LedgerSql.UpsertChunk.Of(chunks)], cancellation));
    }

    /// <summary>Checks that this process still is the writer. May be called from any thread.</summary>
    public ValueTask CheckAsync(CancellationToken cancellation) => WriteAsync(() => writer.ExecuteAsync([], cancellation));

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await writer.DisposeAsync();
        await database.DisposeAsync();
    }

    private StoredRun ReadRun(DbDataReader row)
    {
        var run = RunRow.Read(row);
        keys[run.Id] = row.GetInt64(row.FieldCount - 1);
        return run;
    }

    private static ItemPage ReadPage(DbDataReader row) => new(row.GetInt64(0), 0, row.GetFieldValue<byte[]>(1));

    private async ValueTask<long> KeyAsync(RunId run, CancellationToken cancellation)
    {
        if (keys.TryGetValue(run, out var known))
            return known;
        return (await ReadRunsAsync(run, cancellation)).Count > 0 ? keys[run] : throw new LedgerException($"{database.Place} has no run {run}.");
    }

    private async ValueTask WriteAsync(Func<Task> work) => await ExplainAsync(async () =>
    {
        await work();
        return true;
    });

    private async ValueTask<T> ExplainAsync<T>(Func<ValueTask<T>> work)
    {
        try
        {
            return await work();
        }
        catch (Exception failure) when (failure is NewerSchemaException or WriterReplacedException)
        {
            throw new LedgerException(failure.Message, failure);
        }
        catch (Exception failure) when (database.Explain(failure) is { } sentence)
        {
            throw new LedgerException(sentence, failure);
        }
    }
}
