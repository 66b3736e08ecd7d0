using DistributedBatch.Storage.Connections;
using Microsoft.Data.Sqlite;

namespace DistributedBatch.Storage.Sqlite;

/// <summary>
/// The writer on SQLite: prepared statements, stepped row by row in one transaction. With <c>synchronous=NORMAL</c> a commit is in the operating system's
/// hands when it returns: it survives <c>kill -9</c> of this process. After a power failure the file is intact but may lack the last commits
/// (sqlite.org/pragma.html#pragma_synchronous). What they held is then done again, and no commit waits for the disk.
/// </summary>
/// <param name="connection">A connection, which the writer disposes.</param>
internal sealed class SqliteWriteConnection(SqliteConnection connection) : IWriteConnection
{
    private readonly Dictionary<string, SqliteCommand> prepared = [];
    private SqliteTransaction? transaction;

    /// <summary>Sets the modes of the open connection.</summary>
    public void Configure() => Execute("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA cache_size = -16000");

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

    /// <summary>Always false: a new connection to a file is cheap and starts clean, whatever the failure was.</summary>
    public ValueTask<bool> TryRollBackAsync() => ValueTask.FromResult(false);

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
    public Task<object?> ScalarAsync(string sql, object?[] arguments, CancellationToken cancellation)
    {
        var command = Prepare(sql, arguments.Length);
        Bind(command, arguments);
        return Task.FromResult(command.ExecuteScalar());
    }

    /// <inheritdoc/>
    public async Task ExecuteAsync(IReadOnlyList<Statement> statements, CancellationToken cancellation)
    {
        await BeginAsync(cancellation);
        foreach (var statement in statements)
            await RunAsync(statement.Sql, statement.Rows, cancellation);
        await CommitAsync(cancellation);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (var command in prepared.Values)
            await command.DisposeAsync();
        prepared.Clear();
        try
        {
            if (transaction is not null)
                await transaction.DisposeAsync();
        }
        catch (SqliteException)
        {
            // SQLite ends the transaction itself when, for example, the disk is full; then there is nothing to roll back.
        }

        await connection.DisposeAsync();
    }

    /// <summary>Runs a script.</summary>
    public void Execute(string script)
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
}
