using System.Data;
using System.Globalization;
using DistributedBatch.Storage.Connections;
using Npgsql;
using NpgsqlTypes;

namespace DistributedBatch.Storage.Postgres;

/// <summary>The writer on PostgreSQL: the rows of a statement travel together and are answered together.</summary>
/// <param name="connection">An open connection, which the writer disposes.</param>
/// <param name="heldLock">The advisory lock that the session holds; null for none.</param>
/// <param name="place">Where the database is, for messages.</param>
internal sealed class PostgresWriteConnection(NpgsqlConnection connection, long? heldLock, string place) : IWriteConnection
{
    /// <summary>Rows in one round trip. A batch of many thousand statements would take memory on both sides.</summary>
    private const int RowsAtOnce = 500;

    private NpgsqlTransaction? transaction;

    /// <summary>The term that every write checks; null for none.</summary>
    public long? Term { get; set; }

    /// <inheritdoc/>
    public async Task BeginAsync(CancellationToken cancellation)
    {
        transaction = await connection.BeginTransactionAsync(cancellation);
        if (Term is not { } term)
            return;
        try
        {
            await ScalarAsync(WriterTerm.Require, [term], cancellation);
        }
        catch (PostgresException over) when (over.SqlState == WriterTerm.IsOver)
        {
            throw new WriterReplacedException(place);
        }
    }

    /// <inheritdoc/>
    public async Task CommitAsync(CancellationToken cancellation)
    {
        await transaction!.CommitAsync(cancellation);
        await transaction.DisposeAsync();
        transaction = null;
    }

    /// <summary>Keeps the session where it can, because the writer's lock belongs to the session.</summary>
    public async ValueTask<bool> TryRollBackAsync()
    {
        try
        {
            if (transaction is { } open)
                await open.DisposeAsync();
            transaction = null;
            return connection.State == ConnectionState.Open;
        }
        catch (Exception failure) when (failure is NpgsqlException or InvalidOperationException)
        {
            return false;
        }
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<bool>> RunAsync(string sql, IReadOnlyList<object?[]> rows, CancellationToken cancellation)
    {
        var changed = new bool[rows.Count];
        for (var from = 0; from < rows.Count; from += RowsAtOnce)
        {
            await using var batch = new NpgsqlBatch(connection, transaction);
            for (var row = from; row < Math.Min(rows.Count, from + RowsAtOnce); row++)
                batch.BatchCommands.Add(Command(sql, rows[row]));
            await batch.ExecuteNonQueryAsync(cancellation);
            for (var command = 0; command < batch.BatchCommands.Count; command++)
                changed[from + command] = batch.BatchCommands[command].RecordsAffected > 0;
        }

        return changed;
    }

    /// <inheritdoc/>
    public async Task<object?> ScalarAsync(string sql, object?[] arguments, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand(sql, connection, transaction);
        Bind(command.Parameters, arguments);
        return await command.ExecuteScalarAsync(cancellation);
    }

    /// <inheritdoc/>
    public async Task ExecuteAsync(IReadOnlyList<Statement> statements, CancellationToken cancellation)
    {
        await using var batch = new NpgsqlBatch(connection);
        if (Term is { } term)
            batch.BatchCommands.Add(Command(WriterTerm.Require, [term]));
        foreach (var statement in statements.Where(statement => statement.Rows.Count > 0))
        {
            if (statement.Bulk is { } bulk)
                batch.BatchCommands.Add(Command(bulk, statement.Rows));
            else
            {
                foreach (var row in statement.Rows)
                    batch.BatchCommands.Add(Command(statement.Sql, row));
            }
        }

        // A batch outside a transaction is one transaction.
        if (batch.BatchCommands.Count == 0)
            return;
        try
        {
            await batch.ExecuteNonQueryAsync(cancellation);
        }
        catch (PostgresException over) when (over.SqlState == WriterTerm.IsOver)
        {
            throw new WriterReplacedException(place);
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (transaction is not null)
            await transaction.DisposeAsync();
        transaction = null;
        if (heldLock is { } key && connection.State == ConnectionState.Open)
            await UnlockAsync(key);
        await connection.DisposeAsync();
    }

    /// <summary>Runs a script.</summary>
    public async Task ExecuteAsync(string script, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand(script, connection, transaction);
        await command.ExecuteNonQueryAsync(cancellation);
    }

    // The server ends a session some time after its connection. A standby need not wait for that when the writer ends in good order.
    private async Task UnlockAsync(long key)
    {
        try
        {
            await ExecuteAsync($"SELECT pg_advisory_unlock({key})", CancellationToken.None);
        }
        catch (NpgsqlException)
        {
            // The end of the session releases the lock too.
        }
    }

    private static NpgsqlBatchCommand Command(string sql, object?[] arguments)
    {
        var command = new NpgsqlBatchCommand(sql);
        Bind(command.Parameters, arguments);
        return command;
    }

    private static NpgsqlBatchCommand Command(BulkInsert bulk, IReadOnlyList<object?[]> rows)
    {
        var command = new NpgsqlBatchCommand(bulk.ArraySql);
        for (var column = 0; column < bulk.Types.Count; column++)
            command.Parameters.Add(Column(bulk.Types[column], rows, column));
        return command;
    }

    private static NpgsqlParameter Column(string type, IReadOnlyList<object?[]> rows, int column)
    {
        return type switch
        {
            "integer" => Values(NpgsqlDbType.Integer, value => Convert.ToInt32(value, CultureInfo.InvariantCulture)),
            "bigint" => Values(NpgsqlDbType.Bigint, value => Convert.ToInt64(value, CultureInfo.InvariantCulture)),
            "boolean" => Values(NpgsqlDbType.Boolean, value => (bool)value),
            "text" => Array(NpgsqlDbType.Text, value => (string?)value),
            _ => throw new ArgumentException($"No array of {type} is sent yet.", nameof(type)),
        };

        // Npgsql writes an array of plain values in one piece, and one of nullable values element by element.
        NpgsqlParameter Values<T>(NpgsqlDbType element, Func<object, T> read)
            where T : struct =>
            rows.Any(row => row[column] is null) ? Array(element, value => value is null ? (T?)null : read(value)) : Array(element, value => read(value!));

        NpgsqlParameter Array<T>(NpgsqlDbType element, Func<object?, T> read)
        {
            var values = new T[rows.Count];
            for (var row = 0; row < values.Length; row++)
                values[row] = read(rows[row][column]);
            return new NpgsqlParameter { Value = values, NpgsqlDbType = NpgsqlDbType.Array | element };
        }
    }

    private static void Bind(NpgsqlParameterCollection parameters, object?[] arguments)
    {
        foreach (var argument in arguments)
        {
            // A number is always sent as bigint; an int would make another prepared statement of the same text.
            parameters.Add(new NpgsqlParameter { Value = argument is int number ? (long)number : argument ?? DBNull.Value });
        }
    }
}
