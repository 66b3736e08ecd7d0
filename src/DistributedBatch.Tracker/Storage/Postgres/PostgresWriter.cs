using System.Globalization;
using Npgsql;

namespace DistributedBatch.Tracker.Storage.Postgres;

/// <summary>The writer on PostgreSQL: the rows of a statement travel together and are answered together, some hundred at a time.</summary>
/// <param name="connection">An open connection, which is ours from now on.</param>
/// <param name="place">Where the database is, for messages.</param>
internal sealed class PostgresWriter(NpgsqlConnection connection, string place) : IWriteConnection
{
    /// <summary>Rows a round trip; a batch of many thousand statements would sit in memory on both sides.</summary>
    private const int RowsAtOnce = 500;

    // Any number, as long as every tracker takes the same: two that start at once must not both create the tables.
    private const long MigrationLock = 0x6462617463685452;

    private NpgsqlTransaction? transaction;

    /// <inheritdoc/>
    public async Task MigrateAsync(CancellationToken cancellation)
    {
        await BeginAsync(cancellation);
        await ExecuteAsync(
            $"SELECT pg_advisory_xact_lock({MigrationLock}); CREATE SCHEMA IF NOT EXISTS {PostgresAddress.Schema}; "
            + "CREATE TABLE IF NOT EXISTS schema_version (version BIGINT NOT NULL)",
            cancellation);
        var version = Convert.ToInt64(
            await ScalarAsync("SELECT coalesce(max(version), 0) FROM schema_version", [], cancellation), CultureInfo.InvariantCulture);
        if (version > Migration.Newest)
            throw new NewerSchemaException(place, version, Migration.Newest);
        if (version < Migration.Newest)
        {
            foreach (var step in Migration.For("Postgres").Where(step => step.Version > version))
                await ExecuteAsync($"{step.Script}; INSERT INTO schema_version (version) VALUES ({step.Version})", cancellation);
        }

        await CommitAsync(cancellation);
    }

    /// <inheritdoc/>
    public async Task BeginAsync(CancellationToken cancellation) =>
        transaction = await connection.BeginTransactionAsync(cancellation);

    /// <inheritdoc/>
    public async Task CommitAsync(CancellationToken cancellation)
    {
        await transaction!.CommitAsync(cancellation);
        await transaction.DisposeAsync();
        transaction = null;
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<bool>> RunAsync(string sql, IReadOnlyList<object?[]> rows, CancellationToken cancellation)
    {
        var changed = new bool[rows.Count];
        for (var from = 0; from < rows.Count; from += RowsAtOnce)
        {
            await using var batch = new NpgsqlBatch(connection, transaction);
            for (var row = from; row < Math.Min(rows.Count, from + RowsAtOnce); row++)
            {
                var command = new NpgsqlBatchCommand(sql);
                Bind(command.Parameters, rows[row]);
                batch.BatchCommands.Add(command);
            }

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
    public async ValueTask DisposeAsync()
    {
        if (transaction is { } open)
            await open.DisposeAsync();
        await connection.DisposeAsync();
    }

    private async Task ExecuteAsync(string script, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand(script, connection, transaction);
        await command.ExecuteNonQueryAsync(cancellation);
    }

    private static void Bind(NpgsqlParameterCollection parameters, object?[] arguments)
    {
        foreach (var argument in arguments)
        {
            // Numbers are bigint in every table; an int would make another prepared statement of the same text.
            parameters.Add(new NpgsqlParameter { Value = argument is int number ? (long)number : argument ?? DBNull.Value });
        }
    }
}
