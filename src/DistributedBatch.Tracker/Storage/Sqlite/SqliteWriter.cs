using System.Globalization;
using Microsoft.Data.Sqlite;

namespace DistributedBatch.Tracker.Storage.Sqlite;

/// <summary>
/// The writer on SQLite: prepared statements, stepped row by row inside one transaction. A commit reaches the operating system (it survives a killed
/// process) and is not forced to disk one by one (<c>synchronous=NORMAL</c>: a power cut may take the last ones, never the file).
/// </summary>
internal sealed class SqliteWriter : IWriteConnection
{
    private readonly SqliteConnection connection;
    private readonly Dictionary<string, SqliteCommand> prepared = [];
    private SqliteTransaction? transaction;

    /// <summary>Takes over an open connection.</summary>
    public SqliteWriter(SqliteConnection connection)
    {
        this.connection = connection;
        Execute("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA cache_size = -16000");
    }

    /// <inheritdoc/>
    public Task MigrateAsync(CancellationToken cancellation)
    {
        using (var migrating = transaction = connection.BeginTransaction())
        {
            Execute("CREATE TABLE IF NOT EXISTS schema_version (version INTEGER NOT NULL)");
            var version = Convert.ToInt64(Scalar("SELECT coalesce(max(version), 0) FROM schema_version", []), CultureInfo.InvariantCulture);
            if (version > Migration.Newest)
                throw new NewerSchemaException(connection.DataSource, version, Migration.Newest);
            if (version < Migration.Newest)
            {
                foreach (var step in Migration.For("Sqlite").Where(step => step.Version > version))
                    Execute($"{step.Script}; INSERT INTO schema_version (version) VALUES ({step.Version})");
            }

            migrating.Commit();
        }

        transaction = null;
        Forget();
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task BeginAsync(CancellationToken cancellation)
    {
        // Immediate: a transaction that starts as a reader and becomes a writer fails at once when another writer is there, whatever the timeout.
        transaction = connection.BeginTransaction();
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task CommitAsync(CancellationToken cancellation)
    {
        transaction!.Commit();
        transaction.Dispose();
        transaction = null;
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<bool>> RunAsync(string sql, IReadOnlyList<object?[]> rows, CancellationToken cancellation)
    {
        if (rows.Count == 0)
            return Task.FromResult<IReadOnlyList<bool>>([]);
        var changed = new bool[rows.Count];
        var command = Prepare(sql, rows[0].Length);
        for (var row = 0; row < rows.Count; row++)
        {
            Bind(command, rows[row]);
            changed[row] = command.ExecuteNonQuery() > 0;
        }

        return Task.FromResult<IReadOnlyList<bool>>(changed);
    }

    /// <inheritdoc/>
    public Task<object?> ScalarAsync(string sql, object?[] arguments, CancellationToken cancellation) => Task.FromResult(Scalar(sql, arguments));

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        Forget();
        if (transaction is { } open)
            await open.DisposeAsync();
        await connection.DisposeAsync();
    }

    private object? Scalar(string sql, object?[] arguments)
    {
        var command = Prepare(sql, arguments.Length);
        Bind(command, arguments);
        return command.ExecuteScalar();
    }

    private void Execute(string script)
    {
        using var command = connection.CreateCommand();
        command.CommandText = script;
        command.Transaction = transaction;
        command.ExecuteNonQuery();
    }

    private SqliteCommand Prepare(string sql, int arguments)
    {
        if (!prepared.TryGetValue(sql, out var command))
        {
            command = connection.CreateCommand();
            command.CommandText = sql;
            for (var number = 1; number <= arguments; number++)
                command.Parameters.Add(new SqliteParameter { ParameterName = $"${number}" });
            prepared[sql] = command;
        }

        command.Transaction = transaction;
        return command;
    }

    private static void Bind(SqliteCommand command, object?[] arguments)
    {
        for (var position = 0; position < arguments.Length; position++)
            command.Parameters[position].Value = arguments[position] ?? DBNull.Value;
    }

    private void Forget()
    {
        foreach (var command in prepared.Values)
            command.Dispose();
        prepared.Clear();
    }
}
