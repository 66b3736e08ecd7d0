using System.Collections.Concurrent;
using DistributedBatch.Contracts.Chunks;
using DistributedBatch.Contracts.Datasets;
using DistributedBatch.Contracts.Hosts;
using DistributedBatch.Contracts.Messages;
using DistributedBatch.Contracts.Runs;
using DistributedBatch.Producer.Dispatch;
using DistributedBatch.TestKit.Files;

namespace DistributedBatch.Producer.Tests.Loop;

public sealed class EmbeddedRunTests
{
    [Fact(Timeout = 30_000)]
    public async Task The_articles_range_is_cut_into_the_articles_chunks()
    {
        using var directory = new TempDirectory();
        await using var producer = await EmbeddedProducer.StartAsync(directory.Path);
        await using var host = producer.StartHost(slots: 1);

        var run = await producer.SubmitAsync(EmbeddedProducer.Spec(10_000, chunk: 3_000));

        Assert.Equal(RunState.Succeeded, await producer.Intake.WaitUntilSettledAsync(run, TestContext.Current.CancellationToken));
        Assert.Equal([(0, 3_000), (3_000, 3_000), (6_000, 3_000), (9_000, 1_000)], host.Executed.Select(chunk => (chunk.Start, chunk.Count)));
    }

    [Fact(Timeout = 30_000)]
    public async Task Every_chunk_is_published()
    {
        using var directory = new TempDirectory();
        await using var producer = await EmbeddedProducer.StartAsync(directory.Path);
        await using var host = producer.StartHost();

        var run = await producer.SubmitAsync(EmbeddedProducer.Spec(5_000));
        await producer.Published.ReachesAsync(run, RunState.Succeeded, TestContext.Current.CancellationToken);

        Assert.Equal(run, Assert.Single(producer.Published.Submitted).Run);
        Assert.Equal(new ChunkCounts(5_000, 0, 0, 0, 5_000, 0, 0), producer.Published.Run(run).Counts);
        var chunks = producer.Published.Chunks(run);
        Assert.Equal(Enumerable.Range(0, 5_000), chunks.Select(chunk => chunk.Index));
        Assert.All(chunks, chunk => Assert.Equal((ChunkState.Succeeded, 1), (chunk.State, chunk.Attempts)));
    }

    [Fact(Timeout = 30_000)]
    public async Task A_failed_chunk_is_tried_again_until_its_retries_are_used_up()
    {
        using var directory = new TempDirectory();
        await using var producer = await EmbeddedProducer.StartAsync(directory.Path);
        await using var host = producer.StartHost(execute: chunk => Task.FromResult(
            chunk.Index == 3 || (chunk.Index == 5 && chunk.Attempt == 1) ? AttemptOutcome.ExitCode : AttemptOutcome.Succeeded));

        var run = await producer.SubmitAsync(EmbeddedProducer.Spec(10) with { Retries = 2 });

        Assert.Equal(RunState.Failed, await producer.Intake.WaitUntilSettledAsync(run, TestContext.Current.CancellationToken));
        Assert.Equal([1, 2, 3], host.Executed.Where(chunk => chunk.Index == 3).Select(chunk => chunk.Attempt));
        Assert.Equal([1, 2], host.Executed.Where(chunk => chunk.Index == 5).Select(chunk => chunk.Attempt));
        Assert.Equal(new ChunkCounts(10, 0, 0, 0, 9, 1, 0), Assert.Single(producer.Intake.Runs).Counts);
    }

    [Fact(Timeout = 30_000)]
    public async Task A_client_that_asks_again_with_the_id_it_chose_gets_the_same_run()
    {
        using var directory = new TempDirectory();
        await using var producer = await EmbeddedProducer.StartAsync(directory.Path);
        var spec = EmbeddedProducer.Spec(3) with { Id = RunId.New() };

        var first = await producer.SubmitAsync(spec);
        var again = await producer.Intake.SubmitAsync(spec, TestContext.Current.CancellationToken);

        Assert.Equal((spec.Id.Value, spec.Id.Value), (first, again.Run));
        Assert.Single(producer.Intake.Runs);
    }

    [Fact(Timeout = 30_000)]
    public async Task An_empty_range_is_a_finished_run()
    {
        using var directory = new TempDirectory();
        await using var producer = await EmbeddedProducer.StartAsync(directory.Path);

        var run = await producer.SubmitAsync(EmbeddedProducer.Spec(0) with { Dataset = new RangeDataset(100, 100) });

        Assert.Equal(RunState.Succeeded, await producer.Intake.WaitUntilSettledAsync(run, TestContext.Current.CancellationToken));
    }

    [Fact(Timeout = 30_000)]
    public async Task Chunks_of_a_list_carry_their_items()
    {
        using var directory = new TempDirectory();
        await using var producer = await EmbeddedProducer.StartAsync(directory.Path);
        await using var host = producer.StartHost();
        string[] items = [.. Enumerable.Range(0, 2_500).Select(number => $"item \"{number}\"\nünï")];

        var run = await producer.SubmitAsync(EmbeddedProducer.Spec(0, chunk: 7) with { Dataset = new ItemDataset(items) });
        await producer.Intake.WaitUntilSettledAsync(run, TestContext.Current.CancellationToken);

        Assert.Equal(items, host.Executed.OrderBy(chunk => chunk.Index).SelectMany(chunk => chunk.Items!).Select(item => item[0]));
    }

    [Fact(Timeout = 30_000)]
    public async Task Chunks_of_a_sweep_carry_their_parameters()
    {
        using var directory = new TempDirectory();
        await using var producer = await EmbeddedProducer.StartAsync(directory.Path);
        await using var host = producer.StartHost();

        var sweep = new SweepDataset([new("lr", ["0.1", "0.2"]), new("seed", ["1", "2", "3"])]);
        var run = await producer.SubmitAsync(EmbeddedProducer.Spec(0) with { Dataset = sweep });
        await producer.Intake.WaitUntilSettledAsync(run, TestContext.Current.CancellationToken);

        var last = host.Executed.Single(chunk => chunk.Index == 5);
        Assert.Equal(["lr", "seed"], last.Columns!);
        Assert.Equal(["0.2", "3"], last.Items![0]);
    }

    [Fact(Timeout = 30_000)]
    public async Task No_more_chunks_are_in_flight_than_the_window_allows()
    {
        using var directory = new TempDirectory();
        await using var producer = await EmbeddedProducer.StartAsync(directory.Path);
        using var taken = new SemaphoreSlim(0);
        var gate = new TaskCompletionSource();
        await using var host = producer.StartHost(slots: 20, async _ =>
        {
            taken.Release();
            await gate.Task;
            return AttemptOutcome.Succeeded;
        });

        var run = await producer.SubmitAsync(EmbeddedProducer.Spec(100));
        for (var slot = 0; slot < DispatchWindow.Smallest; slot++)
            await taken.WaitAsync(TestContext.Current.CancellationToken);

        Assert.Equal(DispatchWindow.Smallest, host.Executed.Count);
        Assert.Equal(DispatchWindow.Smallest, Assert.Single(producer.Intake.Runs).Counts.Outstanding);
        gate.SetResult();
        Assert.Equal(RunState.Succeeded, await producer.Intake.WaitUntilSettledAsync(run, TestContext.Current.CancellationToken));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_run_alone_fills_all_slots_that_heartbeats_tell_of()
    {
        const int Slots = 1_200;
        using var directory = new TempDirectory();
        await using var producer = await EmbeddedProducer.StartAsync(directory.Path);
        var running = 0;
        var allRun = new TaskCompletionSource();
        var gate = new TaskCompletionSource();
        await using var host = producer.StartHost(Slots, async _ =>
        {
            if (Interlocked.Increment(ref running) == Slots)
                allRun.SetResult();
            await gate.Task;
            return AttemptOutcome.Succeeded;
        });
        var status = new HostStatus { Name = "fake", Version = "1", Cores = Slots, Slots = Slots };
        await producer.Bus.PublishAsync(new HostHeartbeat(status, DateTimeOffset.UtcNow, []), TestContext.Current.CancellationToken);

        var run = await producer.SubmitAsync(EmbeddedProducer.Spec(3_000));
        await allRun.Task.WaitAsync(TestContext.Current.CancellationToken);
        gate.SetResult();

        Assert.Equal(RunState.Succeeded, await producer.Intake.WaitUntilSettledAsync(run, TestContext.Current.CancellationToken));
        Assert.Equal(Enumerable.Range(0, 3_000), host.Executed.Select(chunk => chunk.Index).Order());
    }

    [Fact(Timeout = 30_000)]
    public async Task A_small_run_submitted_during_a_big_one_gets_its_share_at_once()
    {
        using var directory = new TempDirectory();
        await using var producer = await EmbeddedProducer.StartAsync(directory.Path);
        var order = new ConcurrentQueue<RunId>();
        using var places = new SemaphoreSlim(0);
        await using var host = producer.StartHost(execute: async chunk =>
        {
            await places.WaitAsync();
            order.Enqueue(chunk.Run);
            return AttemptOutcome.Succeeded;
        });
        await producer.SubmitAsync(EmbeddedProducer.Spec(10_000, name: "big"));
        var small = await producer.SubmitAsync(EmbeddedProducer.Spec(20, name: "small"));
        places.Release(200);

        Assert.Equal(RunState.Succeeded, await producer.Intake.WaitUntilSettledAsync(small, TestContext.Current.CancellationToken));
        Assert.True(order.Count <= 200, $"{order.Count} chunks ran before the small run of 20 was done");
    }

    [Fact(Timeout = 30_000)]
    public async Task Two_runs_never_write_their_outputs_to_one_directory_at_once()
    {
        using var directory = new TempDirectory();
        await using var producer = await EmbeddedProducer.StartAsync(directory.Path);
        RunSpec Into(string outputs, string name)
        {
            var spec = EmbeddedProducer.Spec(10, name: name);
            return spec with { Job = spec.Job with { OutputDirectory = outputs } };
        }

        var first = await producer.SubmitAsync(Into("/data/a", "first"));

        var refused = await producer.Intake.SubmitAsync(Into("/data/a", "second"), TestContext.Current.CancellationToken);
        var elsewhere = await producer.Intake.SubmitAsync(Into("/data/b", "third"), TestContext.Current.CancellationToken);

        Assert.Contains($"Run {first} writes its outputs to /data/a and is not settled", Assert.Single(refused.Mistakes), StringComparison.Ordinal);
        Assert.Empty(elsewhere.Mistakes);
    }

    [Fact(Timeout = 30_000)]
    public async Task All_mistakes_of_a_submission_are_answered_at_once()
    {
        using var directory = new TempDirectory();
        await using var producer = await EmbeddedProducer.StartAsync(directory.Path);
        await producer.SubmitAsync(EmbeddedProducer.Spec(10, name: "taken"));

        var answer = await producer.Intake.SubmitAsync(EmbeddedProducer.Spec(10, chunk: 0, name: "taken"), TestContext.Current.CancellationToken);

        Assert.Null(answer.Run);
        Assert.Collection(
            answer.Mistakes,
            mistake => Assert.Contains("chunk size is 0", mistake, StringComparison.Ordinal),
            mistake => Assert.Contains("name 'taken' belongs to run", mistake, StringComparison.Ordinal));
    }
}
