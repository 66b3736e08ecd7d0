using System.Data.Common;

namespace DistributedBatch.Tracker.Storage;

/// <summary>One kind of database: SQLite or PostgreSQL.</summary>
internal interface IStorageDialect : IAsyncDisposable
{
    /// <summary>Where the data is, for messages.</summary>
    string Place { get; }

    /// <summary>A connection to read with; the caller disposes it.</summary>
    ValueTask<DbConnection> OpenReadAsync(CancellationToken cancellation);

    /// <summary>The connection to write with; the caller disposes it.</summary>
    ValueTask<IWriteConnection> OpenWriteAsync(CancellationToken cancellation);
}
