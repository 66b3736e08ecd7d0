using System.Data.Common;
using Microsoft.Data.Sqlite;

namespace DistributedBatch.Tracker.Storage.Sqlite;

/// <summary>
/// Everything in one file. Write-ahead logging lets other connections, and other processes, read while the writer commits
/// (https://www.sqlite.org/wal.html); for the same reason the file must not lie on a network file system.
/// </summary>
/// <param name="path">The file; its directory exists.</param>
internal sealed class SqliteDialect(string path) : IStorageDialect
{
    private readonly string readConnection = new SqliteConnectionStringBuilder
    {
        DataSource = path,
        Mode = SqliteOpenMode.ReadOnly,
        DefaultTimeout = 5,
    }.ToString();

    /// <inheritdoc/>
    public string Place => path;

    /// <summary>Why the file cannot be read by this program, in a sentence; null when it can.</summary>
    public static string? VersionProblem(string path)
    {
        try
        {
            using var connection = new SqliteConnection(new SqliteDialect(path).readConnection);
            connection.Open();
            using var command = connection.CreateCommand();
            command.CommandText = "SELECT coalesce(max(version), 0) FROM schema_version";
            var version = (long)command.ExecuteScalar()!;
            return version switch
            {
                > Migration.Newest => new NewerSchemaException(path, version, Migration.Newest).Message,
                < Migration.Newest => $"{path} has schema version {version} and is brought to {Migration.Newest} by the next `dbatch run` or `dbatch serve`.",
                _ => null,
            };
        }
        catch (SqliteException failure)
        {
            return $"{path} cannot be read: {failure.Message} If it is no database of a tracker, name another directory with --data.";
        }
    }

    /// <inheritdoc/>
    public async ValueTask<DbConnection> OpenReadAsync(CancellationToken cancellation)
    {
        var connection = new SqliteConnection(readConnection);
        await connection.OpenAsync(cancellation);
        return connection;
    }

    /// <inheritdoc/>
    public async ValueTask<IWriteConnection> OpenWriteAsync(CancellationToken cancellation)
    {
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = path, Pooling = false }.ToString());
        await connection.OpenAsync(cancellation);
        return new SqliteWriter(connection);
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        using var pooled = new SqliteConnection(readConnection);
        SqliteConnection.ClearPool(pooled);
        return ValueTask.CompletedTask;
    }
}
