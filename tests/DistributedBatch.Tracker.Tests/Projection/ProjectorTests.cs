using DistributedBatch.Contracts.Chunks;
using DistributedBatch.Contracts.Messages;
using DistributedBatch.Contracts.Runs;
using DistributedBatch.Messaging;
using DistributedBatch.Messaging.Bus;
using DistributedBatch.TestKit.Files;
using DistributedBatch.Tracker.Logs;
using DistributedBatch.Tracker.Projection;
using DistributedBatch.Tracker.Queries;
using DistributedBatch.Tracker.Storage;
using DistributedBatch.Tracker.Tests.Storage;

namespace DistributedBatch.Tracker.Tests.Projection;

public sealed class ProjectorTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact(Timeout = 30_000)]
    public async Task Messages_on_the_bus_are_in_the_database_when_the_run_counts_as_settled()
    {
        using var directory = new TempDirectory();
        using var host = await StartAsync(directory);
        var bus = host.Services.GetRequiredService<MessageBus>();
        var run = RunId.New();
        const int Chunks = 500;

        await bus.PublishAsync(TestData.Submitted(run, total: Chunks * 10), Cancellation);
        for (var index = 0; index < Chunks; index += 50)
        {
            await bus.PublishAsync(TestData.Reports([.. Enumerable.Range(index, 50).Select(chunk => TestData.Succeeded(run, chunk, result: "1"))]), Cancellation);
            var done = index + 50;
            await bus.PublishAsync(
                TestData.Changed(
                    run, done, done == Chunks ? RunState.Succeeded : RunState.Running, new ChunkCounts(Chunks, Chunks - done, 0, 0, done, 0, 0),
                    [.. Enumerable.Range(index, 50).Select(chunk => TestData.Chunk(chunk, ChunkState.Succeeded, done))]),
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
    public async Task Messages_received_before_a_stop_are_committed_by_it()
    {
        using var directory = new TempDirectory();
        var run = RunId.New();
        using (var host = await StartAsync(directory, commitInterval: TimeSpan.FromSeconds(20)))
        {
            var queue = host.Services.GetRequiredService<ProjectionQueue>();
            await queue.HandleAsync(TestData.Submitted(run), Cancellation);
            var committed = queue.HandleAsync(TestData.Reports(TestData.Succeeded(run, 0)), Cancellation);
            await host.StopAsync(Cancellation);
            await committed;
        }

        using var again = await StartAsync(directory);
        Assert.Single(await again.Services.GetRequiredService<RunQueries>().AttemptsAsync(run, 0, Cancellation));
        await again.StopAsync(Cancellation);
    }

    [Fact(Timeout = 30_000)]
    public async Task A_new_run_is_committed_without_waiting_for_more_messages()
    {
        using var directory = new TempDirectory();
        using var host = await StartAsync(directory, commitInterval: TimeSpan.FromDays(1));
        var run = RunId.New();

        await host.Services.GetRequiredService<ProjectionQueue>().HandleAsync(TestData.Submitted(run), Cancellation);

        Assert.NotNull(await host.Services.GetRequiredService<RunQueries>().ShowAsync(run, Cancellation));
        await host.StopAsync(Cancellation);
    }

    [Fact(Timeout = 30_000)]
    public async Task Logs_that_a_report_carries_are_files_when_it_is_acknowledged_and_too_large_ones_are_not_taken()
    {
        using var directory = new TempDirectory();
        using var host = await StartAsync(directory);
        var run = RunId.New();
        var large = new byte[AttemptReport.MostLogBytes + 1];

        await host.Services.GetRequiredService<ProjectionQueue>().HandleAsync(
            TestData.Reports(
                TestData.Succeeded(run, 0) with { Stdout = "one\n"u8.ToArray(), Stderr = [0xFF] },
                TestData.Failed(run, 1, attempt: 2) with { Stdout = large }),
            Cancellation);

        var logs = host.Services.GetRequiredService<LogFiles>();
        Assert.Equal("one\n", await File.ReadAllTextAsync(logs.PathOf(run, 0, 1, LogStream.Out), Cancellation));
        Assert.Equal([0xFF], await File.ReadAllBytesAsync(logs.PathOf(run, 0, 1, LogStream.Err), Cancellation));
        Assert.Null(logs.Find(run, 1, 2, LogStream.Out));
        await host.StopAsync(Cancellation);
    }

    [Fact(Timeout = 30_000)]
    public async Task A_run_whose_logs_cannot_be_written_stops_no_other_is_named_and_gets_them_later()
    {
        using var directory = new TempDirectory();
        var time = new ManualTime(TestData.Noon);
        using var host = await StartAsync(directory, time: time);
        var (broken, whole) = (RunId.New(), RunId.New());
        var logs = host.Services.GetRequiredService<LogFiles>();
        var queue = host.Services.GetRequiredService<ProjectionQueue>();
        var files = host.Services.GetRequiredService<AttemptFileWriter>();

        // A file where the directory should be, because root may write to any directory.
        Directory.CreateDirectory(Path.GetDirectoryName(logs.DirectoryOf(broken))!);
        await File.WriteAllTextAsync(logs.DirectoryOf(broken), "in the way", Cancellation);

        await queue.HandleAsync(
            TestData.Reports(TestData.Succeeded(broken, 0) with { Stdout = "late\n"u8.ToArray() }, TestData.Succeeded(whole, 0) with { Stdout = "one\n"u8.ToArray() }), Cancellation);

        Assert.Equal("one\n", await File.ReadAllTextAsync(logs.PathOf(whole, 0, 1, LogStream.Out), Cancellation));
        Assert.Single(await host.Services.GetRequiredService<RunQueries>().AttemptsAsync(broken, 0, Cancellation));
        Assert.Contains($"of run {broken} cannot be written", files.Problem, StringComparison.Ordinal);

        File.Delete(logs.DirectoryOf(broken));
        time.Now += TimeSpan.FromSeconds(11);
        await queue.HandleAsync(TestData.Reports(TestData.Succeeded(whole, 1)), Cancellation);

        Assert.Equal("late\n", await File.ReadAllTextAsync(logs.PathOf(broken, 0, 1, LogStream.Out), Cancellation));
        Assert.Null(files.Problem);
        await host.StopAsync(Cancellation);
    }

    [Fact(Timeout = 30_000)]
    public async Task A_message_is_acknowledged_only_after_its_commit()
    {
        using var directory = new TempDirectory();
        using var host = await StartAsync(directory);
        var run = RunId.New();

        await host.Services.GetRequiredService<ProjectionQueue>().HandleAsync(TestData.Submitted(run), Cancellation);

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
            batch.Fold(TestData.Changed(run, revision, state, default), TestData.Noon);
            signal.RaiseCommitted(batch, TimeSpan.Zero);
        }
    }

    private static async Task<IHost> StartAsync(TempDirectory directory, TimeSpan? commitInterval = null, TimeProvider? time = null)
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddSingleton(time ?? TimeProvider.System);
        builder.Services.AddLogging().AddInProcessMessaging().AddTracker(options =>
        {
            options.DataDirectory = directory.Path;
            options.Projection.CommitInterval = commitInterval ?? options.Projection.CommitInterval;
        });
        var host = builder.Build();
        await host.StartAsync(Cancellation);
        return host;
    }
}
