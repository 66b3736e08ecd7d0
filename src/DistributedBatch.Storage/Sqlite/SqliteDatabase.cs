using System.Data.Common;
using System.Globalization;
using DistributedBatch.Storage.Connections;
using DistributedBatch.Storage.Schema;
using Microsoft.Data.Sqlite;

namespace DistributedBatch.Storage.Sqlite;

/// <summary>
/// A database in one file. In write-ahead mode other connections and processes read while the writer commits (https://www.sqlite.org/wal.html). For the same
/// reason the file must not be on a network file system.
/// </summary>
/// <param name="schema">The tables.</param>
/// <param name="directory">The directory of the file; created when it is missing.</param>
public sealed class SqliteDatabase(DatabaseSchema schema, string directory) : IDatabase
{
    private const string Dialect = "Sqlite";
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private readonly string path = Path.Combine(directory, $"{schema.Name}.db");
    private string readConnection = ReadConnectionTo(Path.Combine(directory, $"{schema.Name}.db"));

    private FileStream? writerLock;
    private bool exists;

    /// <inheritdoc/>
    public string Place => path;

    /// <summary>Why this program cannot read the file, as a sentence; null when it can.</summary>
    public string? SchemaProblem()
    {
        try
        {
            var version = StoredVersion();
            var missing = schema.MissingMigrations(Dialect, version, path).ToList();
            return missing.Count == 0
                ? null
                : $"{path} has schema version {version}. The next `dbatch run` or `dbatch serve` brings it to version {missing[^1].Version}.";
        }
        catch (NewerSchemaException newer)
        {
            return newer.Message;
        }
        catch (SqliteException failure) when (Classify(failure) == StorageFailure.NotWritable && File.Exists($"{path}-wal"))
        {
            return $"{path} was not closed, and its directory cannot be written, so that SQLite cannot read it. Copy the directory to one of your own.";
        }
        catch (SqliteException failure)
        {
            return $"{path} cannot be read: {failure.Message} If it is not a {schema.Name} database, name another directory with --data.";
        }
    }

    /// <inheritdoc/>
    public StorageFailure? Classify(Exception failure) => failure switch
    {
        // Result codes: sqlite.org/rescode.html
        SqliteException { SqliteErrorCode: 5 or 6 } => StorageFailure.Busy,
        SqliteException { SqliteErrorCode: 13 } or IOException { HResult: 28 } => StorageFailure.Full,
        SqliteException { SqliteErrorCode: 8 or 14 } or UnauthorizedAccessException => StorageFailure.NotWritable,
        SqliteException { SqliteErrorCode: 11 or 26 } => StorageFailure.Damaged,
        SqliteException or IOException => StorageFailure.Other,
        _ => null,
    };

    /// <inheritdoc/>
    public async ValueTask<DbConnection> OpenReadAsync(CancellationToken cancellation)
    {
        var connection = new SqliteConnection(readConnection);
        await connection.OpenAsync(cancellation);
        return connection;
    }

    /// <inheritdoc/>
    public async ValueTask<IWriteConnection?> TryOpenWriteAsync(CancellationToken cancellation)
    {
        if (!exists)
            MakePrivate();
        if (schema.SingleWriter && !TryLock())
            return null;

        // A file that vanished while it was in use is an error. An empty one in its place would hide that.
        var mode = exists ? SqliteOpenMode.ReadWrite : SqliteOpenMode.ReadWriteCreate;
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = path, Mode = mode, Pooling = false }.ToString());
        var writer = new SqliteWriteConnection(connection);
        try
        {
            await connection.OpenAsync(cancellation);
            writer.Configure();
            await MigrateAsync(writer, cancellation);
        }
        catch
        {
            await writer.DisposeAsync();
            throw;
        }

        exists = true;
        return writer;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        using (var pooled = new SqliteConnection(readConnection))
            SqliteConnection.ClearPool(pooled);
        if (writerLock is not null)
            await writerLock.DisposeAsync();
        writerLock = null;
    }

    private static string ReadConnectionTo(string source) =>
        new SqliteConnectionStringBuilder { DataSource = source, Mode = SqliteOpenMode.ReadOnly, DefaultTimeout = 5 }.ToString();

    private long StoredVersion()
    {
        try
        {
            return ReadVersion();
        }
        catch (SqliteException failure) when (Classify(failure) == StorageFailure.NotWritable && File.Exists(path) && !File.Exists($"{path}-wal"))
        {
            // A reader shares a file with the writer, which it cannot make in a directory it may not write. Without a log there is no writer to share it with.
            readConnection = ReadConnectionTo($"file:{string.Join('/', path.Split('/').Select(Uri.EscapeDataString))}?immutable=1");
            return ReadVersion();
        }
    }

    private long ReadVersion()
    {
        using var connection = new SqliteConnection(readConnection);
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = Migration.SelectVersion;
        return (long)command.ExecuteScalar()!;
    }

    private async Task MigrateAsync(SqliteWriteConnection writer, CancellationToken cancellation)
    {
        await writer.BeginAsync(cancellation);
        writer.Execute(Migration.CreateVersionTable);
        var version = Convert.ToInt64(await writer.ScalarAsync(Migration.SelectVersion, [], cancellation), CultureInfo.InvariantCulture);
        foreach (var step in schema.MissingMigrations(Dialect, version, path))
            writer.Execute(step.Sql);
        await writer.CommitAsync(cancellation);
    }

    // The ledger holds the values of --env-secret, whatever the umask and whoever made the directory. SQLite gives its log files the mode of the database.
    private void MakePrivate()
    {
        Directory.CreateDirectory(directory);
        if (OperatingSystem.IsWindows())
            return;
        if (!File.Exists(path))
            File.Open(path, new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = OwnerOnly }).Dispose();
        foreach (var file in new[] { path, $"{path}-wal", $"{path}-shm" }.Where(File.Exists))
            File.SetUnixFileMode(file, OwnerOnly);
    }

    private bool TryLock()
    {
        var file = Path.Combine(directory, $"{schema.Name}.lock");
        try
        {
            // The kernel releases it when this process ends, however it ends.
            writerLock ??= new FileStream(file, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            return true;
        }
        catch (IOException busy) when (busy is not (DirectoryNotFoundException or PathTooLongException) && File.Exists(file))
        {
            return false;
        }
    }
}
