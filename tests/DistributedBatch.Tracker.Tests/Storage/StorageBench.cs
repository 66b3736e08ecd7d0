using DistributedBatch.Contracts.Runs;
using DistributedBatch.Tracker.Notifications;
using DistributedBatch.Tracker.Projection;
using DistributedBatch.Tracker.Queries;
using DistributedBatch.Tracker.Retention;
using DistributedBatch.Tracker.Storage;
using Microsoft.Extensions.Logging.Abstractions;

namespace DistributedBatch.Tracker.Tests.Storage;

/// <summary>A prepared database with its one writer and its readers; the clock stands still.</summary>
internal sealed class StorageBench(IStorageDialect dialect, string dataDirectory, IDisposable? directory = null) : IAsyncDisposable
{
    public StillTime Time { get; } = new(Say.Noon.AddMinutes(1));

    public TrackerDatabase Database { get; } = new(dialect, dataDirectory);

    public TrackerStore Store => field ??= new TrackerStore(dialect, Time);

    public RunQueries Queries => field ??= new RunQueries(Database, Time);

    /// <summary>Removes what was forgotten; there is no producer to ask here.</summary>
    public RunRemover Remover => field ??= new RunRemover(
        dialect, Queries, null!, new TrackerOptions { DataDirectory = Database.DataDirectory }, TimeProvider.System, NullLogger<RunRemover>.Instance);

    public Notifier Notifier => field ??= new Notifier(
        new NotificationStore(Database, dialect, Queries), Queries, new TrackerOptions(), Time, NullLogger<Notifier>.Instance);

    /// <summary>Marks a run as forgotten, as the remover does when the producer agrees.</summary>
    public async Task ForgetAsync(RunId run)
    {
        await using var writer = await dialect.OpenWriteAsync(TestContext.Current.CancellationToken);
        await writer.InTransactionAsync(
            () => writer.RunAsync(RemovalSql.Forget, [[run.Value]], TestContext.Current.CancellationToken), TestContext.Current.CancellationToken);
    }

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
        Notifier.Dispose();
        await Store.DisposeAsync();
        await Database.DisposeAsync();
        directory?.Dispose();
    }
}
