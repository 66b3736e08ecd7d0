using System.Data.Common;
using System.Diagnostics.CodeAnalysis;
using DistributedBatch.Storage.Connections;
using DistributedBatch.Storage.Schema;
using DistributedBatch.Storage.Sqlite;

namespace DistributedBatch.Tracker.Storage;

/// <summary>The tracker's database. One tracker writes it. Any number of readers, in other processes too, may read it meanwhile.</summary>
public sealed class TrackerDatabase : IAsyncDisposable
{
    private readonly IDatabase database;

    internal TrackerDatabase(IDatabase database, string dataDirectory)
    {
        this.database = database;
        Writer = new DatabaseWriter(database);
        DataDirectory = dataDirectory;
    }

    /// <summary>The tables of the tracker. The lock's number spells "dbatchTR" in ASCII.</summary>
    public static DatabaseSchema Schema { get; } = new("tracker", typeof(TrackerDatabase), 0x6462617463685452, singleWriter: false);

    /// <summary>Name of the database file in a data directory.</summary>
    public static string FileName { get; } = $"{Schema.Name}.db";

    /// <summary>The directory that holds logs and outputs beside the database.</summary>
    public string DataDirectory { get; }

    /// <summary>Where the database is, for messages.</summary>
    public string Place => database.Place;

    /// <summary>The one writer.</summary>
    internal DatabaseWriter Writer { get; }

    /// <summary>Opens the database in a data directory for reading, without any service running.</summary>
    /// <param name="dataDirectory">Such as <c>.dbatch</c>.</param>
    /// <param name="database">The database.</param>
    /// <param name="problem">Why it cannot be read, as a sentence.</param>
    /// <returns>False when there is no database, or when this program cannot read it.</returns>
    public static bool TryOpenExisting(
        string dataDirectory, [NotNullWhen(true)] out TrackerDatabase? database, [NotNullWhen(false)] out string? problem)
    {
        database = null;
        var directory = Path.GetFullPath(dataDirectory);
        var path = Path.Combine(directory, FileName);
        if (!File.Exists(path))
        {
            problem = $"There is no {path}: nothing has been run with this data directory yet. "
                + "Start a run with `dbatch run`, or name the directory of another one with --data.";
            return false;
        }

        var existing = new SqliteDatabase(Schema, directory);
        problem = existing.SchemaProblem();
        if (problem is not null)
            return false;
        database = new TrackerDatabase(existing, directory);
        return true;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await Writer.DisposeAsync();
        await database.DisposeAsync();
    }

    internal ValueTask<DbConnection> OpenAsync(CancellationToken cancellation) => database.OpenReadAsync(cancellation);

    /// <summary>The sentence for a failure of the database; null when <paramref name="failure"/> is another one.</summary>
    internal string? Explain(Exception failure) => database.Explain(failure);
}
