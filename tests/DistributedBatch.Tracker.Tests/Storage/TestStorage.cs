using DistributedBatch.Contracts.Runs;
using DistributedBatch.Storage.Connections;
using DistributedBatch.Tracker.Notifications;
using DistributedBatch.Tracker.Queries;
using DistributedBatch.Tracker.Retention;
using DistributedBatch.Tracker.Storage;
using Microsoft.Extensions.Logging.Abstractions;

namespace DistributedBatch.Tracker.Tests.Storage;

/// <summary>A prepared database with its writer and its readers. The clock stands still.</summary>
internal sealed class TestStorage(IDatabase database, string dataDirectory, IDisposable? directory = null) : IAsyncDisposable
{
    public ManualTime Time { get; } = new(TestData.Noon.AddMinutes(1));

    public TrackerDatabase Database { get; } = new(database, dataDirectory);

    public TrackerStore Store => field ??= new TrackerStore(Database, Time);

    public RunQueries Queries => field ??= new RunQueries(Database, Time);

    /// <summary>Removes hidden runs. There is no producer here.</summary>
    public RunRemover Remover => field ??= new RunRemover(Database, Queries, null!, TimeProvider.System, NullLogger<RunRemover>.Instance);

    public HostRemover HostRemover => field ??= new HostRemover(Database, Queries);

    public Notifier Notifier => field ??= new Notifier(
        new NotificationStore(Database, Queries), Queries, new NotificationOptions(), Time, NullLogger<Notifier>.Instance);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public static async Task<TestStorage> OpenAsync(IDatabase database, string dataDirectory, IDisposable? directory = null)
    {
        var storage = new TestStorage(database, dataDirectory, directory);
        await storage.Store.PrepareAsync(Cancellation);
        return storage;
    }

    /// <summary>Hides a run, as the remover does when the producer agrees.</summary>
    public Task ForgetAsync(RunId run) => Remover.HideAsync(run, Cancellation);

    /// <summary>Commits the messages together, as one batch.</summary>
    public Task CommitAsync(params object[] messages)
    {
        var batch = new ProjectionBatch();
        foreach (var message in messages)
            batch.Fold(message, Time.GetUtcNow());
        return Store.CommitAsync(batch, Cancellation);
    }

    public async ValueTask DisposeAsync()
    {
        Notifier.Dispose();
        await Database.DisposeAsync();
        directory?.Dispose();
    }
}
