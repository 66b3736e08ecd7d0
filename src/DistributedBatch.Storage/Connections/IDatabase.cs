using System.Data.Common;

namespace DistributedBatch.Storage.Connections;

/// <summary>The database of one service, on SQLite or PostgreSQL.</summary>
public interface IDatabase : IAsyncDisposable
{
    /// <summary>Where the data is, for messages.</summary>
    string Place { get; }

    /// <summary>What <paramref name="failure"/> means; null when it did not come from the database.</summary>
    StorageFailure? Classify(Exception failure);

    /// <summary>Opens a connection to read with. The caller disposes it.</summary>
    ValueTask<DbConnection> OpenReadAsync(CancellationToken cancellation);

    /// <summary>Opens the connection to write with, at the newest schema version. The caller disposes it.</summary>
    /// <returns>Null when another process is the single writer.</returns>
    /// <exception cref="Schema.NewerSchemaException">A newer program wrote the database.</exception>
    ValueTask<IWriteConnection?> TryOpenWriteAsync(CancellationToken cancellation);
}
