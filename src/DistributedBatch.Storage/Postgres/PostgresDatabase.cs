using System.Data;
using System.Data.Common;
using System.Globalization;
using DistributedBatch.Storage.Connections;
using DistributedBatch.Storage.Schema;
using Npgsql;

namespace DistributedBatch.Storage.Postgres;

/// <summary>
/// A schema in a PostgreSQL database. A single writer holds an advisory lock of the very session that it writes with. The lock ends with the session and no clock
/// has to be trusted. A process that lost its session cannot write, so two can never write at once. One that was replaced meanwhile never writes again, see
/// <see cref="WriterTerm"/>.
/// </summary>
public sealed class PostgresDatabase : IDatabase
{
    private const string Dialect = "Postgres";

    /// <summary>A writer repeats some twenty statements; prepared on the server they cost a third.</summary>
    private const int PreparedStatements = 40;

    private readonly DatabaseSchema schema;
    private readonly NpgsqlConnectionStringBuilder address;
    private readonly NpgsqlDataSource readers;
    private NpgsqlConnection? standby;

    // The term in which this process is the single writer; null before it was the writer.
    private long? term;

    /// <summary>Reads the address and connects to nothing yet.</summary>
    /// <param name="schema">The tables.</param>
    /// <param name="database">The database as a user names it, see <see cref="PostgresUrl"/>.</param>
    /// <exception cref="DatabaseNameException">It names no database.</exception>
    public PostgresDatabase(DatabaseSchema schema, string database)
    {
        this.schema = schema;
        address = PostgresUrl.Read(database);
        address.SearchPath = schema.Name;
        address.ApplicationName ??= $"dbatch {schema.Name}";
        address.MaxAutoPrepare = Math.Max(address.MaxAutoPrepare, PreparedStatements);
        readers = NpgsqlDataSource.Create(address);
    }

    /// <inheritdoc/>
    public string Place => $"The schema {schema.Name} of PostgreSQL database {address.Database} on {address.Host}";

    /// <summary>The connection string of a writer. A pool would keep the session, and with it the lock, after the writer has ended.</summary>
    internal string WriterAddress => new NpgsqlConnectionStringBuilder(address.ConnectionString) { Pooling = false }.ConnectionString;

    /// <inheritdoc/>
    public StorageFailure? Classify(Exception failure) => failure switch
    {
        // Error codes: postgresql.org/docs/current/errcodes-appendix.html
        PostgresException { SqlState: PostgresErrorCodes.DiskFull } => StorageFailure.Full,
        PostgresException { SqlState: PostgresErrorCodes.ReadOnlySqlTransaction or PostgresErrorCodes.InsufficientPrivilege } => StorageFailure.NotWritable,
        PostgresException { SqlState: PostgresErrorCodes.LockNotAvailable or PostgresErrorCodes.DeadlockDetected } => StorageFailure.Busy,
        PostgresException { SqlState: PostgresErrorCodes.DataCorrupted or PostgresErrorCodes.IndexCorrupted } => StorageFailure.Damaged,
        PostgresException
        {
            SqlState: PostgresErrorCodes.AdminShutdown or PostgresErrorCodes.CrashShutdown or PostgresErrorCodes.CannotConnectNow
                or PostgresErrorCodes.TooManyConnections,
        } => StorageFailure.Unreachable,
        PostgresException => StorageFailure.Other,

        // What the server did not say itself comes from the way to it.
        NpgsqlException => StorageFailure.Unreachable,
        _ => null,
    };

    /// <inheritdoc/>
    public async ValueTask<DbConnection> OpenReadAsync(CancellationToken cancellation) => await readers.OpenConnectionAsync(cancellation);

    /// <inheritdoc/>
    public async ValueTask<IWriteConnection?> TryOpenWriteAsync(CancellationToken cancellation)
    {
        var connection = standby ?? new NpgsqlConnection(WriterAddress);
        standby = null;
        try
        {
            if (connection.State != ConnectionState.Open)
                await connection.OpenAsync(cancellation);
            if (!schema.SingleWriter)
                return await MigrateAsync(new PostgresWriteConnection(connection, heldLock: null, Place), cancellation);
            if (await TryLockAsync(connection, cancellation))
            {
                var writer = await MigrateAsync(new PostgresWriteConnection(connection, schema.LockKey, Place), cancellation);
                writer.Term = term ??= await WriterTerm.BeginAsync(connection, cancellation);
                return writer;
            }

            // After a lost connection the server may hold our own former session, and its lock, for a while.
            if (term is { } ours && await WriterTerm.CurrentAsync(connection, cancellation) == ours)
                throw new NpgsqlException("the former session of this process has not ended yet");
            standby = connection;
            return null;
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (standby is not null)
            await standby.DisposeAsync();
        standby = null;
        await readers.DisposeAsync();
    }

    private async Task<bool> TryLockAsync(NpgsqlConnection connection, CancellationToken cancellation)
    {
        // With keepalives the server notices within half a minute that this machine vanished, and gives the lock to the standby.
        await using var command = new NpgsqlCommand(
            $"SET tcp_keepalives_idle = 10; SET tcp_keepalives_interval = 5; SET tcp_keepalives_count = 4; SELECT pg_try_advisory_lock({schema.LockKey})", connection);
        return (bool)(await command.ExecuteScalarAsync(cancellation))!;
    }

    private async Task<PostgresWriteConnection> MigrateAsync(PostgresWriteConnection writer, CancellationToken cancellation)
    {
        // Two processes that start at once must not both create the tables.
        await writer.BeginAsync(cancellation);
        await writer.ExecuteAsync(
            $"SELECT pg_advisory_xact_lock({schema.LockKey}); CREATE SCHEMA IF NOT EXISTS {schema.Name}; {Migration.CreateVersionTable}", cancellation);
        var version = Convert.ToInt64(await writer.ScalarAsync(Migration.SelectVersion, [], cancellation), CultureInfo.InvariantCulture);
        foreach (var step in schema.MissingMigrations(Dialect, version, Place))
            await writer.ExecuteAsync(step.Sql, cancellation);
        if (schema.SingleWriter)
            await writer.ExecuteAsync(WriterTerm.Create, cancellation);
        await writer.CommitAsync(cancellation);
        return writer;
    }
}
