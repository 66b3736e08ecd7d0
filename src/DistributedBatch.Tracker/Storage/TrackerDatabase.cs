using System.Data.Common;
using System.Diagnostics.CodeAnalysis;
using DistributedBatch.Tracker.Storage.Sqlite;

namespace DistributedBatch.Tracker.Storage;

/// <summary>The tracker's database as its readers see it. Any number may read, from other processes too, while one tracker writes.</summary>
public sealed class TrackerDatabase : IAsyncDisposable
{
    /// <summary>Name of the database file in a data directory.</summary>
    public const string FileName = "tracker.db";

    private readonly IStorageDialect dialect;

    internal TrackerDatabase(IStorageDialect dialect, string dataDirectory)
    {
        this.dialect = dialect;
        DataDirectory = dataDirectory;
    }

    /// <summary>The directory that holds logs and outputs beside the database.</summary>
    public string DataDirectory { get; }

    /// <summary>Where the database is, for messages.</summary>
    public string Place => dialect.Place;

    /// <summary>
    /// Opens the database a run left in a data directory, to read it without any service running.
    /// </summary>
    /// <param name="dataDirectory">Such as <c>.dbatch</c>.</param>
    /// <param name="database">The database.</param>
    /// <param name="problem">One sentence on why there is none that could be read.</param>
    /// <returns>False when there is none, or when a newer program wrote it.</returns>
    public static bool TryOpenExisting(
        string dataDirectory, [NotNullWhen(true)] out TrackerDatabase? database, [NotNullWhen(false)] out string? problem)
    {
        database = null;
        var path = Path.Combine(Path.GetFullPath(dataDirectory), FileName);
        if (!File.Exists(path))
        {
            problem = $"There is no {path}: nothing has been run with this data directory yet. "
                + "Start a run with `dbatch run`, or name the directory of another one with --data.";
            return false;
        }

        var dialect = new SqliteDialect(path);
        problem = SqliteDialect.VersionProblem(path);
        if (problem is not null)
            return false;
        database = new TrackerDatabase(dialect, Path.GetFullPath(dataDirectory));
        return true;
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => dialect.DisposeAsync();

    internal ValueTask<DbConnection> OpenAsync(CancellationToken cancellation) => dialect.OpenReadAsync(cancellation);
}
