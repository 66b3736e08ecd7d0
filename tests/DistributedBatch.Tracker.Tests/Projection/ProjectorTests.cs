using DistributedBatch.Contracts.Chunks;
using DistributedBatch.Contracts.Runs;
using DistributedBatch.Messaging;
using DistributedBatch.Messaging.Bus;
using DistributedBatch.Tracker.Projection;
using DistributedBatch.Tracker.Queries;
using DistributedBatch.Tracker.Tests.Storage;

namespace DistributedBatch.Tracker.Tests.Projection;

public sealed class ProjectorTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact(Timeout = 30_000)]
    public async Task What_is_said_on_the_bus_is_in_the_database_when_the_run_counts_as_settled()
    {
        using var directory = new TestDirectory();
        using var host = await StartAsync(directory);
        var bus = host.Services.GetRequiredService<MessageBus>();
        var run = RunId.New();
        const int Chunks = 500;

        await bus.PublishAsync(Say.Submitted(run, total: Chunks * 10), Cancellation);
        for (var index = 0; index < Chunks; index += 50)
        {
            await bus.PublishAsync(Say.Reports([.. Enumerable.Range(index, 50).Select(chunk => Say.Succeeded(run, chunk, result: "1"))]), Cancellation);
            var done = index + 50;
            await bus.PublishAsync(
                Say.Changed(
                    run, done, done == Chunks ? RunState.Succeeded : RunState.Running, new ChunkCounts(Chunks, Chunks - done, 0, 0, done, 0, 0),
                    [.. Enumerable.Range(index, 50).Select(chunk => Say.Chunk(chunk, ChunkState.Succeeded, done))]),
                Cancellation);
        }

        await host.Services.GetRequiredService<ProjectionSignal>().WaitUntilSettledAsync(run, Cancellation);

        var queries = host.Services.GetRequiredService<RunQueries>();
        var view = (await queries.ShowAsync(run, Cancellation))!;
        Assert.Equal((RunState.Succeeded, Chunks), (view.State, view.Chunks.Succeeded));
        Assert.Equal(Chunks, await queries.ResultsAsync(run, Cancellation).CountAsync(Cancellation));
        await host.StopAsync(Cancellation);
    }

    [Fact(Timeout = 30_000)]
    public async Task Everything_heard_before_a_stop_is_committed_by_it()
    {
        using var directory = new TestDirectory();
        var run = RunId.New();
        using (var host = await StartAsync(directory, commitInterval: TimeSpan.FromSeconds(20)))
        {
            var heard = host.Services.GetRequiredService<ProjectionIntake>().HandleAsync(Say.Submitted(run), Cancellation);
            await host.StopAsync(Cancellation);
            await heard;
        }

        using var again = await StartAsync(directory);
        Assert.NotNull(await again.Services.GetRequiredService<RunQueries>().ShowAsync(run, Cancellation));
        await again.StopAsync(Cancellation);
    }

    [Fact(Timeout = 30_000)]
    public async Task A_message_is_acknowledged_only_after_its_commit()
    {
        using var directory = new TestDirectory();
        using var host = await StartAsync(directory);
        var run = RunId.New();

        await host.Services.GetRequiredService<ProjectionIntake>().HandleAsync(Say.Submitted(run), Cancellation);

        Assert.NotNull(await host.Services.GetRequiredService<RunQueries>().ShowAsync(run, Cancellation));
        await host.StopAsync(Cancellation);
    }

    [Fact(Timeout = 30_000)]
    public async Task A_run_that_is_retried_has_to_settle_again()
    {
        var signal = new ProjectionSignal();
        var run = RunId.New();
        Commit(1, RunState.Failed);
        await signal.WaitUntilSettledAsync(run, Cancellation);

        Commit(2, RunState.Running);
        var again = signal.WaitUntilSettledAsync(run, Cancellation);
        Commit(1, RunState.Failed);
        Assert.False(again.IsCompleted);
        Commit(3, RunState.Succeeded);
        await again;

        void Commit(long revision, RunState state)
        {
            var batch = new ProjectionBatch();
            batch.Fold(Say.Changed(run, revision, state, default), Say.Noon);
            signal.Committed(batch);
        }
    }

    private static async Task<IHost> StartAsync(TestDirectory directory, TimeSpan? commitInterval = null)
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddLogging().AddInProcessMessaging().AddTracker(options =>
        {
            options.DataDirectory = directory.Path;
            options.CommitInterval = commitInterval ?? options.CommitInterval;
        });
        var host = builder.Build();
        await host.StartAsync(Cancellation);
        return host;
    }
}
