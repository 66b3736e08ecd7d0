using DistributedBatch.Tracker.Projection;
using DistributedBatch.Tracker.Queries;
using DistributedBatch.Tracker.Storage;

namespace DistributedBatch.Tracker.Tests.Storage;

/// <summary>A prepared database with its one writer and its readers; the clock stands still.</summary>
internal sealed class StorageBench(IStorageDialect dialect, string dataDirectory, IDisposable? directory = null) : IAsyncDisposable
{
    public StillTime Time { get; } = new(Say.Noon.AddMinutes(1));

    public TrackerDatabase Database { get; } = new(dialect, dataDirectory);

    public TrackerStore Store => field ??= new TrackerStore(dialect, Time);

    public RunQueries Queries => field ??= new RunQueries(Database, Time);

    /// <summary>Commits the messages together, as one batch.</summary>
    public Task CommitAsync(params object[] messages)
    {
        var batch = new ProjectionBatch();
        foreach (var message in messages)
            batch.Fold(message, Time.GetUtcNow());
        return Store.CommitAsync(batch, TestContext.Current.CancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        await Store.DisposeAsync();
        await Database.DisposeAsync();
        directory?.Dispose();
    }
}
