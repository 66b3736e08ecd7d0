using System.Runtime.CompilerServices;
using DistributedBatch.Contracts.Datasets;
using DistributedBatch.Contracts.Runs;
using DistributedBatch.Contracts.Text;
using DistributedBatch.Producer.Ledger;
using Microsoft.Data.Sqlite;

namespace DistributedBatch.Producer.Storage.Sqlite;

/// <summary>
/// Ledgers in one SQLite file in write-ahead mode. With <c>synchronous=NORMAL</c> a commit is in the operating system's hands when it returns: it survives
/// <c>kill -9</c> of this process. After a power failure the file is intact but may lack the last commits (sqlite.org/pragma.html#pragma_synchronous);
/// then chunks that were settled in them are fed again, which the guarantees allow, and no run waits for a disk on every chunk.
/// </summary>
/// <param name="directory">Where <c>ledger.db</c> and its lock are; created when missing.</param>
internal sealed class SqliteLedgerStore(string directory) : ILedgerStore
{
    private readonly string path = Path.Combine(directory, "ledger.db");
    private readonly Dictionary<RunId, long> keys = [];
    private FileStream? fileLock;
    private SqliteConnection? connection;
    private SqliteCommand? writeRun;
    private SqliteCommand? writeChunk;

    private SqliteConnection Open => connection ?? throw new InvalidOperationException("The ledger is not open.");

    /// <inheritdoc/>
    public ValueTask<bool> TryOpenAsync(CancellationToken cancellation) => ValueTask.FromResult(SqliteFailure.Explain(path, () =>
    {
        if (connection is not null)
            return true;
        if (!TryLock())
            return false;
        connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = path, Pooling = false }.ToString());
        connection.Open();
        Execute("PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA busy_timeout=5000;");
        Migrate();
        return true;
    }));

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<StoredRun>> ReadRunsAsync(RunId? only, CancellationToken cancellation) =>
        ValueTask.FromResult(SqliteFailure.Explain(path, IReadOnlyList<StoredRun> () =>
        {
            using var select = Command($"SELECT {RunRow.Columns}, key FROM run WHERE $id IS NULL OR id = $id ORDER BY key");
            select.Parameters.AddWithValue("$id", (object?)only?.Value ?? DBNull.Value);
            using var rows = select.ExecuteReader();
            var runs = new List<StoredRun>();
            while (rows.Read())
            {
                var run = RunRow.Read(rows);
                keys[run.Id] = rows.GetInt64(rows.FieldCount - 1);
                runs.Add(run);
            }

            return runs;
        }));

    /// <inheritdoc/>
    public async IAsyncEnumerable<ChunkRow> ReadChunksAsync(RunId run, [EnumeratorCancellation] CancellationToken cancellation)
    {
        await ValueTask.CompletedTask;
        using var select = Command($"SELECT {RunRow.ChunkColumns} FROM chunk WHERE run = $run ORDER BY idx");
        select.Parameters.AddWithValue("$run", KeyOf(run));
        using var rows = SqliteFailure.Explain(path, select.ExecuteReader);
        while (SqliteFailure.Explain(path, rows.Read))
            yield return RunRow.ReadChunk(rows);
    }

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<IReadOnlyList<string>>> ReadItemsAsync(RunId run, long start, long count, CancellationToken cancellation) =>
        ValueTask.FromResult(SqliteFailure.Explain(path, IReadOnlyList<IReadOnlyList<string>> () =>
        {
            using var select = Command(
                """
                SELECT first, items FROM item_page
                WHERE run = $run AND first < $end AND first >= (SELECT max(first) FROM item_page WHERE run = $run AND first <= $start)
                ORDER BY first
                """);
            select.Parameters.AddWithValue("$run", KeyOf(run));
            select.Parameters.AddWithValue("$start", start);
            select.Parameters.AddWithValue("$end", start + count);
            using var rows = select.ExecuteReader();
            var items = new List<IReadOnlyList<string>>();
            while (rows.Read())
                items.AddRange(new ItemPage(rows.GetInt64(0), 0, (byte[])rows.GetValue(1)).Within(start, count - items.Count));

            return items;
        }));

    /// <inheritdoc/>
    public ValueTask AddAsync(StoredRun run, Dataset dataset, CancellationToken cancellation)
    {
        InTransaction(() =>
        {
            using var insert = Command(
                $"""
                INSERT INTO run ({RunRow.Columns})
                VALUES ($id, $spec, $dataset, $columns, $submitted, 0, 0, $state, NULL, NULL, 0, 0, 0, 0, 0, 0, 0, 0)
                RETURNING key
                """);
            insert.Parameters.AddWithValue("$id", run.Id.Value);
            insert.Parameters.AddWithValue("$spec", RunRow.SpecJson(run));
            insert.Parameters.AddWithValue("$dataset", run.DatasetKind);
            insert.Parameters.AddWithValue("$columns", RunRow.ColumnsJson(run));
            insert.Parameters.AddWithValue("$submitted", run.SubmittedAt.ToUnixTimeMilliseconds());
            insert.Parameters.AddWithValue("$state", run.State.State.ToText());
            var key = (long)insert.ExecuteScalar()!;
            AddPages(key, dataset);
            keys[run.Id] = key;
        });
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public ValueTask RemoveAsync(RunId run, CancellationToken cancellation)
    {
        InTransaction(() =>
        {
            foreach (var table in (string[])["chunk WHERE run =", "item_page WHERE run =", "run WHERE key ="])
            {
                using var delete = Command($"DELETE FROM {table} (SELECT key FROM run WHERE id = $id)");
                delete.Parameters.AddWithValue("$id", run.Value);
                delete.ExecuteNonQuery();
            }

            keys.Remove(run);
        });
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public ValueTask CommitAsync(IReadOnlyList<RunCommit> commits, CancellationToken cancellation)
    {
        InTransaction(() =>
        {
            foreach (var commit in commits)
            {
                var key = KeyOf(commit.Run);
                WriteRun(key, commit);
                foreach (var chunk in commit.Changes.Chunks)
                    WriteChunk(key, chunk);
            }
        });
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        writeRun?.Dispose();
        writeChunk?.Dispose();
        if (connection is not null)
            await connection.DisposeAsync();
        connection = null;
        if (fileLock is not null)
            await fileLock.DisposeAsync();
    }

    private void InTransaction(Action work) => SqliteFailure.Explain(path, () =>
    {
        Execute("BEGIN IMMEDIATE");
        try
        {
            work();
            Execute("COMMIT");
            return true;
        }
        catch
        {
            // A full disk ends the transaction by itself; then there is nothing to roll back.
            if (SQLitePCL.raw.sqlite3_get_autocommit(Open.Handle!) == 0)
                Execute("ROLLBACK");
            throw;
        }
    });

    private void WriteRun(long key, RunCommit commit)
    {
        writeRun ??= Prepared(
            """
            UPDATE run SET revision = $0, announced = $1, state = $2, reason = $3, finished_at = $4, total = $5, pending = $6, queued = $7, running = $8,
                succeeded = $9, failed = $10, cancelled = $11, items_succeeded = $12 WHERE key = $13
            """,
            14);
        var (state, counts) = (commit.Changes.State, commit.Changes.State.Counts);
        Execute(
            writeRun,
            [
                state.Revision, commit.Announced, state.State.ToText(), state.Reason, state.FinishedAt?.ToUnixTimeMilliseconds(), counts.Total, counts.Pending,
                counts.Queued, counts.Running, counts.Succeeded, counts.Failed, counts.Cancelled, state.ItemsSucceeded, key,
            ]);
    }

    private void WriteChunk(long key, in ChunkRow row)
    {
        writeChunk ??= Prepared(
            $"""
            INSERT INTO chunk (run, {RunRow.ChunkColumns}) VALUES ($0, $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
            ON CONFLICT (run, idx) DO UPDATE SET state = excluded.state, attempts = excluded.attempts, failures = excluded.failures,
                crashes = excluded.crashes, revision = excluded.revision, not_before = excluded.not_before, host = excluded.host, leased = excluded.leased
            """,
            12);
        Execute(
            writeChunk,
            [
                key, row.Chunk.Index, row.Chunk.Start, row.Chunk.Count, row.State.ToText(), row.Attempts, row.Failures, row.Crashes, row.Revision,
                row.NotBefore?.ToUnixTimeMilliseconds(), row.Host, row.Leased ? 1 : 0,
            ]);
    }

    private void AddPages(long key, Dataset dataset)
    {
        using var insert = Prepared("INSERT INTO item_page (run, first, items) VALUES ($0, $1, $2)", 3);
        foreach (var page in ItemPage.Of(dataset))
            Execute(insert, [key, page.First, page.Json]);
    }

    private bool TryLock()
    {
        Directory.CreateDirectory(directory);
        try
        {
            // Released by the kernel when this process ends, however it ends.
            fileLock ??= new FileStream(Path.Combine(directory, "ledger.lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            return true;
        }
        catch (IOException busy) when (busy is not (DirectoryNotFoundException or PathTooLongException) && File.Exists(Path.Combine(directory, "ledger.lock")))
        {
            return false;
        }
    }

    private void Migrate()
    {
        Execute("CREATE TABLE IF NOT EXISTS schema_version (version INTEGER NOT NULL)");
        using var select = Command("SELECT coalesce(max(version), 0) FROM schema_version");
        var current = (int)(long)select.ExecuteScalar()!;
        foreach (var step in Migration.Missing(Migration.Of("Sqlite"), current, path))
            Execute($"BEGIN IMMEDIATE; {step.Sql} DELETE FROM schema_version; INSERT INTO schema_version VALUES ({step.Version}); COMMIT;");
    }

    private long KeyOf(RunId run)
    {
        if (keys.TryGetValue(run, out var known))
            return known;
        using var select = Command("SELECT key FROM run WHERE id = $id");
        select.Parameters.AddWithValue("$id", run.Value);
        return keys[run] = (long)(select.ExecuteScalar() ?? throw new LedgerException($"The ledger in {path} has no run {run}."));
    }

    private SqliteCommand Command(string sql)
    {
        var command = Open.CreateCommand();
        command.CommandText = sql;
        return command;
    }

    private SqliteCommand Prepared(string sql, int parameters)
    {
        var command = Command(sql);
        for (var number = 0; number < parameters; number++)
            command.Parameters.Add(new SqliteParameter($"${number}", null));
        return command;
    }

    private static void Execute(SqliteCommand command, ReadOnlySpan<object?> values)
    {
        for (var number = 0; number < values.Length; number++)
            command.Parameters[number].Value = values[number] ?? DBNull.Value;
        command.ExecuteNonQuery();
    }

    private void Execute(string sql)
    {
        using var command = Command(sql);
        command.ExecuteNonQuery();
    }
}
