using System.Runtime.CompilerServices;
using DistributedBatch.Contracts.Databases;
using DistributedBatch.Contracts.Datasets;
using DistributedBatch.Contracts.Runs;
using DistributedBatch.Contracts.Text;
using DistributedBatch.Producer.Ledger;
using Npgsql;
using NpgsqlTypes;

namespace DistributedBatch.Producer.Storage.Postgres;

/// <summary>
/// Ledgers in PostgreSQL. Whoever writes holds an advisory lock of the very session it writes with: when the session ends, so does the lock, and no clock
/// has to be trusted; a producer that lost its session cannot write any more, so two can never write at once. A commit survives a power failure.
/// </summary>
/// <param name="database">A URL or an Npgsql connection string.</param>
internal sealed class PostgresLedgerStore(string database) : ILedgerStore
{
    /// <summary>Any number that nobody else uses for an advisory lock; this one spells "dbatch" in ASCII.</summary>
    private const long LockKey = 0x646261746368;

    private readonly NpgsqlConnectionStringBuilder address =
        PostgresUrl.Read(database, keywords => new NpgsqlConnectionStringBuilder(keywords) { Pooling = false, MaxAutoPrepare = 20 });
    private readonly Dictionary<RunId, long> keys = [];
    private NpgsqlConnection? connection;
    private bool isWriter;

    private NpgsqlConnection Open => connection ?? throw new InvalidOperationException("The ledger is not open.");

    private string Where => $"{Open.Database} on {Open.Host}";

    /// <inheritdoc/>
    public ValueTask<bool> TryOpenAsync(CancellationToken cancellation) => ExplainAsync(async () =>
    {
        if (isWriter)
            return true;
        await ConnectAsync(cancellation);
        await using var tryLock = Command("SELECT pg_try_advisory_lock($1)", LockKey);
        if (!(bool)(await tryLock.ExecuteScalarAsync(cancellation))!)
            return false;
        await MigrateAsync(cancellation);
        return isWriter = true;
    });

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<StoredRun>> ReadRunsAsync(RunId? only, CancellationToken cancellation) => ExplainAsync(async () =>
    {
        await using var select = Command($"SELECT {RunRow.Columns}, key FROM ledger.run WHERE $1 = '' OR id = $1 ORDER BY key", only?.Value ?? "");
        await using var rows = await select.ExecuteReaderAsync(cancellation);
        var runs = new List<StoredRun>();
        while (await rows.ReadAsync(cancellation))
        {
            var run = RunRow.Read(rows);
            keys[run.Id] = rows.GetInt64(rows.FieldCount - 1);
            runs.Add(run);
        }

        return (IReadOnlyList<StoredRun>)runs;
    });

    /// <inheritdoc/>
    public async IAsyncEnumerable<ChunkRow> ReadChunksAsync(RunId run, [EnumeratorCancellation] CancellationToken cancellation)
    {
        var key = await KeyAsync(run, cancellation);
        await using var select = Command($"SELECT {RunRow.ChunkColumns} FROM ledger.chunk WHERE run = $1 ORDER BY idx", key);
        await using var rows = await ExplainAsync(async () => await select.ExecuteReaderAsync(cancellation));
        while (await ExplainAsync(async () => await rows.ReadAsync(cancellation)))
            yield return RunRow.ReadChunk(rows);
    }

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<IReadOnlyList<string>>> ReadItemsAsync(RunId run, long start, long count, CancellationToken cancellation) =>
        ExplainAsync(async () =>
        {
            var key = await KeyAsync(run, cancellation);
            await using var select = Command(
                """
                SELECT first, items FROM ledger.item_page
                WHERE run = $1 AND first < $3 AND first >= (SELECT max(first) FROM ledger.item_page WHERE run = $1 AND first <= $2)
                ORDER BY first
                """,
                key,
                start,
                start + count);
            await using var rows = await select.ExecuteReaderAsync(cancellation);
            var items = new List<IReadOnlyList<string>>();
            while (await rows.ReadAsync(cancellation))
                items.AddRange(new ItemPage(rows.GetInt64(0), 0, (byte[])rows.GetValue(1)).Within(start, count - items.Count));
            return (IReadOnlyList<IReadOnlyList<string>>)items;
        });

    /// <inheritdoc/>
    public async ValueTask AddAsync(StoredRun run, Dataset dataset, CancellationToken cancellation) => await ExplainAsync(async () =>
    {
        await ReconnectAsync(cancellation);
        await using var transaction = await Open.BeginTransactionAsync(cancellation);
        await using var insert = Command(
            $"""
            INSERT INTO ledger.run ({RunRow.Columns})
            VALUES ($1, $2, $3, $4, $5, 0, 0, $6, NULL, NULL, 0, 0, 0, 0, 0, 0, 0, 0)
            RETURNING key
            """,
            run.Id.Value,
            RunRow.SpecJson(run),
            run.DatasetKind,
            RunRow.ColumnsJson(run),
            run.SubmittedAt.ToUnixTimeMilliseconds(),
            run.State.State.ToText());
        var key = (long)(await insert.ExecuteScalarAsync(cancellation))!;
        foreach (var page in ItemPage.Of(dataset))
        {
            await using var insertPage = Command("INSERT INTO ledger.item_page (run, first, items) VALUES ($1, $2, $3)", key, page.First, page.Json);
            await insertPage.ExecuteNonQueryAsync(cancellation);
        }

        await transaction.CommitAsync(cancellation);
        keys[run.Id] = key;
        return true;
    });

    /// <inheritdoc/>
    public async ValueTask RemoveAsync(RunId run, CancellationToken cancellation) => await ExplainAsync(async () =>
    {
        await ReconnectAsync(cancellation);
        await using var batch = new NpgsqlBatch(Open);
        foreach (var table in (string[])["chunk WHERE run =", "item_page WHERE run =", "run WHERE key ="])
        {
            var delete = new NpgsqlBatchCommand($"DELETE FROM ledger.{table} (SELECT key FROM ledger.run WHERE id = $1)");
            Add(delete.Parameters, run.Value);
            batch.BatchCommands.Add(delete);
        }

        await batch.ExecuteNonQueryAsync(cancellation);
        return keys.Remove(run);
    });

    /// <inheritdoc/>
    public async ValueTask CommitAsync(IReadOnlyList<RunCommit> commits, CancellationToken cancellation) => await ExplainAsync(async () =>
    {
        await ReconnectAsync(cancellation);
        await using var batch = new NpgsqlBatch(Open);
        foreach (var commit in commits)
        {
            var key = await KeyAsync(commit.Run, cancellation);
            batch.BatchCommands.Add(WriteRun(key, commit));
            if (commit.Changes.Chunks.Count > 0)
                batch.BatchCommands.Add(WriteChunks(key, commit.Changes.Chunks));
        }

        // A batch without a transaction around it is one transaction.
        await batch.ExecuteNonQueryAsync(cancellation);
        return true;
    });

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        // The server ends a session some time after its connection; a standby need not wait for that when we leave in good order.
        if (isWriter && connection?.State == System.Data.ConnectionState.Open)
            await ExplainAsync(() => UnlockAsync());
        if (connection is not null)
            await connection.DisposeAsync();
        connection = null;
        isWriter = false;
    }

    private static NpgsqlBatchCommand WriteRun(long key, RunCommit commit)
    {
        var (state, counts) = (commit.Changes.State, commit.Changes.State.Counts);
        var update = new NpgsqlBatchCommand(
            """
            UPDATE ledger.run SET revision = $1, announced = $2, state = $3, reason = $4, finished_at = $5, total = $6, pending = $7, queued = $8, running = $9,
                succeeded = $10, failed = $11, cancelled = $12, items_succeeded = $13 WHERE key = $14
            """);
        Add(update.Parameters, state.Revision, commit.Announced, state.State.ToText());
        update.Parameters.Add(new NpgsqlParameter { Value = (object?)state.Reason ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text });
        update.Parameters.Add(
            new NpgsqlParameter { Value = (object?)state.FinishedAt?.ToUnixTimeMilliseconds() ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Bigint });
        Add(
            update.Parameters, counts.Total, counts.Pending, counts.Queued, counts.Running, counts.Succeeded, counts.Failed, counts.Cancelled, state.ItemsSucceeded, key);
        return update;
    }

    // One statement for any number of chunks: COPY would be faster and cannot update (postgresql.org/docs/current/sql-copy.html).
    private static NpgsqlBatchCommand WriteChunks(long key, IReadOnlyList<ChunkRow> rows)
    {
        var upsert = new NpgsqlBatchCommand(
            $"""
            INSERT INTO ledger.chunk (run, {RunRow.ChunkColumns})
            SELECT $1, * FROM unnest($2::integer[], $3::bigint[], $4::bigint[], $5::text[], $6::integer[], $7::integer[], $8::integer[], $9::bigint[],
                $10::bigint[], $11::text[], $12::boolean[])
            ON CONFLICT (run, idx) DO UPDATE SET state = excluded.state, attempts = excluded.attempts, failures = excluded.failures,
                crashes = excluded.crashes, revision = excluded.revision, not_before = excluded.not_before, host = excluded.host, leased = excluded.leased
            """);
        Add(
            upsert.Parameters,
            key,
            Column(row => row.Chunk.Index),
            Column(row => row.Chunk.Start),
            Column(row => row.Chunk.Count),
            Column(row => row.State.ToText()),
            Column(row => row.Attempts),
            Column(row => row.Failures),
            Column(row => row.Crashes),
            Column(row => row.Revision),
            Column(row => row.NotBefore?.ToUnixTimeMilliseconds()),
            Column(row => row.Host),
            Column(row => row.Leased));
        return upsert;

        T[] Column<T>(Func<ChunkRow, T> value) => [.. rows.Select(value)];
    }

    private static void Add(NpgsqlParameterCollection parameters, params ReadOnlySpan<object> values)
    {
        foreach (var value in values)
            parameters.Add(new NpgsqlParameter { Value = value });
    }

    private async Task ConnectAsync(CancellationToken cancellation)
    {
        if (connection?.State == System.Data.ConnectionState.Open)
            return;
        if (connection is not null)
            await connection.DisposeAsync();
        connection = new NpgsqlConnection(address.ToString());
        await connection.OpenAsync(cancellation);
        // The server notices within half a minute that this machine vanished, and gives the lock to the standby.
        await using var settings = Command("SET tcp_keepalives_idle = 10; SET tcp_keepalives_interval = 5; SET tcp_keepalives_count = 4");
        await settings.ExecuteNonQueryAsync(cancellation);
    }

    /// <summary>After a restart of the database the writer becomes the writer again, unless another one was quicker.</summary>
    private async Task ReconnectAsync(CancellationToken cancellation)
    {
        if (connection?.State == System.Data.ConnectionState.Open)
            return;
        isWriter = false;
        if (!await TryOpenAsync(cancellation))
            throw new LedgerException($"The ledger in {Where} was taken over by another producer while this one was cut off from it.");
    }

    private async Task<bool> UnlockAsync()
    {
        await using var unlock = Command("SELECT pg_advisory_unlock($1)", LockKey);
        return (bool)(await unlock.ExecuteScalarAsync())!;
    }

    private async Task MigrateAsync(CancellationToken cancellation)
    {
        await ExecuteAsync(
            "CREATE SCHEMA IF NOT EXISTS ledger; CREATE TABLE IF NOT EXISTS ledger.schema_version (version integer NOT NULL)", cancellation);
        await using var select = Command("SELECT coalesce(max(version), 0) FROM ledger.schema_version");
        var current = (int)(await select.ExecuteScalarAsync(cancellation))!;
        foreach (var step in Migration.Missing(Migration.Of("Postgres"), current, Where))
        {
            await ExecuteAsync(
                $"BEGIN; {step.Sql}; DELETE FROM ledger.schema_version; INSERT INTO ledger.schema_version VALUES ({step.Version}); COMMIT",
                cancellation);
        }
    }

    private async ValueTask<long> KeyAsync(RunId run, CancellationToken cancellation)
    {
        if (keys.TryGetValue(run, out var known))
            return known;
        await using var select = Command("SELECT key FROM ledger.run WHERE id = $1", run.Value);
        return keys[run] = (long)(await select.ExecuteScalarAsync(cancellation)
            ?? throw new LedgerException($"The ledger in {Where} has no run {run}."));
    }

    private NpgsqlCommand Command(string sql, params ReadOnlySpan<object> values)
    {
        var command = new NpgsqlCommand(sql, Open);
        Add(command.Parameters, values);
        return command;
    }

    private async Task ExecuteAsync(string sql, CancellationToken cancellation)
    {
        await using var command = Command(sql);
        await command.ExecuteNonQueryAsync(cancellation);
    }

    private async ValueTask<T> ExplainAsync<T>(Func<Task<T>> work)
    {
        try
        {
            return await work();
        }
        catch (NpgsqlException failure)
        {
            throw new LedgerException(
                $"The ledger in PostgreSQL (database {address.Database} on {address.Host}) cannot be used: {failure.Message} "
                + "Check that the server runs and that the user may create a schema in the database.",
                failure);
        }
    }
}
