using DistributedBatch.Contracts.Chunks;
using DistributedBatch.Contracts.Datasets;
using DistributedBatch.Contracts.Runs;
using DistributedBatch.Producer.Storage;
using DistributedBatch.TestKit.Files;

namespace DistributedBatch.Producer.Tests.Loop;

public sealed class RestartTests
{
    [Fact(Timeout = 30_000)]
    public async Task A_run_continues_after_a_restart_and_no_succeeded_chunk_runs_again()
    {
        using var directory = new TempDirectory();
        RunId run;
        PublishedRuns published;
        await using (var producer = await EmbeddedProducer.StartAsync(directory.Path))
        {
            published = producer.Published;
            var half = new TaskCompletionSource();
            await using var host = producer.StartHost(execute: async chunk =>
            {
                if (chunk.Index >= 500)
                {
                    half.TrySetResult();
                    await Task.Delay(Timeout.Infinite, TestContext.Current.CancellationToken);
                }

                return AttemptOutcome.Succeeded;
            });
            run = await producer.SubmitAsync(EmbeddedProducer.Spec(1_000));
            await half.Task.WaitAsync(TestContext.Current.CancellationToken);
        }

        await using var again = await EmbeddedProducer.StartAsync(directory.Path);
        int[] succeeded = [.. published.Chunks(run).Where(chunk => chunk.State == ChunkState.Succeeded).Select(chunk => chunk.Index)];
        Assert.Equal(succeeded.Length, again.Intake.Runs.Single().Counts.Succeeded);
        await using var worker = again.StartHost();

        Assert.Equal(RunState.Succeeded, await again.Intake.WaitUntilSettledAsync(run, TestContext.Current.CancellationToken));
        Assert.Equal(Enumerable.Range(0, 1_000).Except(succeeded), worker.Executed.Select(chunk => chunk.Index).Order());
        Assert.Equal(1_000, again.Intake.Runs.Single().Counts.Succeeded);
    }

    [Fact(Timeout = 30_000)]
    public async Task A_list_of_items_survives_a_restart()
    {
        using var directory = new TempDirectory();
        string[] items = [.. Enumerable.Range(0, 2_000).Select(n => $"item {n}")];
        RunId run;
        await using (var producer = await EmbeddedProducer.StartAsync(directory.Path))
            run = await producer.SubmitAsync(EmbeddedProducer.Spec(0, chunk: 10) with { Dataset = new ItemDataset(items) });

        await using var again = await EmbeddedProducer.StartAsync(directory.Path);
        await using var host = again.StartHost();
        await again.Intake.WaitUntilSettledAsync(run, TestContext.Current.CancellationToken);

        Assert.Equal(items, host.Executed.OrderBy(chunk => chunk.Index).SelectMany(chunk => chunk.Items!).Select(item => item[0]));
    }

    [Fact(Timeout = 30_000)]
    public async Task Unfinished_runs_wait_until_they_are_resumed_when_the_options_say_so()
    {
        using var directory = new TempDirectory();
        RunId wanted, other;
        await using (var producer = await EmbeddedProducer.StartAsync(directory.Path))
        {
            other = await producer.SubmitAsync(EmbeddedProducer.Spec(50, name: "other"));
            wanted = await producer.SubmitAsync(EmbeddedProducer.Spec(50, name: "wanted"));
        }


        await using var again = await EmbeddedProducer.StartAsync(directory.Path, options => options.ResumeOnStart = false);
        await using var host = again.StartHost();
        Assert.Equal(["other", "wanted"], again.Intake.Runs.Select(run => run.Name));
        Assert.Empty((await again.Intake.ChangeAsync(wanted, RunAction.Resume, TestContext.Current.CancellationToken)).Mistakes);

        Assert.Equal(RunState.Succeeded, await again.Intake.WaitUntilSettledAsync(wanted, TestContext.Current.CancellationToken));
        Assert.All(host.Executed, chunk => Assert.Equal(wanted, chunk.Run));
        Assert.Equal(RunState.Running, again.Intake.Runs.Single(run => run.Run == other).State);
    }

    [Fact(Timeout = 30_000)]
    public async Task Runs_submitted_at_the_same_time_keep_their_order_across_a_restart()
    {
        using var directory = new TempDirectory();
        string[] names = [.. Enumerable.Range(0, 40).Select(n => $"run-{n:00}")];
        await using (var producer = await EmbeddedProducer.StartAsync(directory.Path))
        {
            await Task.WhenAll(names.Select(name => producer.SubmitAsync(EmbeddedProducer.Spec(1, name: name))))
                .WaitAsync(TestContext.Current.CancellationToken);
        }


        await using var again = await EmbeddedProducer.StartAsync(directory.Path);

        Assert.Equal(names, again.Intake.Runs.Select(run => run.Name));
    }

    [Fact(Timeout = 30_000)]
    public async Task A_settled_run_can_be_retried_after_a_restart()
    {
        using var directory = new TempDirectory();
        RunId run;
        await using (var producer = await EmbeddedProducer.StartAsync(directory.Path))
        {
            await using var host = producer.StartHost(execute: _ => Task.FromResult(AttemptOutcome.Timeout));
            run = await producer.SubmitAsync(EmbeddedProducer.Spec(20) with { Retries = 0 });
            await producer.Intake.WaitUntilSettledAsync(run, TestContext.Current.CancellationToken);
        }

        await using var again = await EmbeddedProducer.StartAsync(directory.Path);
        await using var worker = again.StartHost();
        await again.Intake.ChangeAsync(run, RunAction.Retry, TestContext.Current.CancellationToken);

        Assert.Equal(RunState.Succeeded, await again.Intake.WaitUntilSettledAsync(run, TestContext.Current.CancellationToken));
        Assert.All(worker.Executed, chunk => Assert.Equal(2, chunk.Attempt));
    }

    [Fact(Timeout = 30_000)]
    public async Task A_second_producer_with_the_same_directory_is_refused()
    {
        using var directory = new TempDirectory();
        await using var first = await EmbeddedProducer.StartAsync(directory.Path);

        var refusal = await Assert.ThrowsAsync<LedgerException>(() => EmbeddedProducer.StartAsync(directory.Path));

        Assert.Contains("is in use by another dbatch", refusal.Message, StringComparison.Ordinal);
        await first.Intake.SubmitAsync(EmbeddedProducer.Spec(1), TestContext.Current.CancellationToken);
    }

    [Fact(Timeout = 30_000)]
    public async Task Changes_that_a_producer_committed_and_did_not_publish_are_published_at_the_next_start()
    {
        using var directory = new TempDirectory();
        RunId run;
        await using (var producer = await EmbeddedProducer.StartAsync(directory.Path))
        {
            await using var host = producer.StartHost();
            run = await producer.SubmitAsync(EmbeddedProducer.Spec(2_500));
            await producer.Published.ReachesAsync(run, RunState.Succeeded, TestContext.Current.CancellationToken);
        }

        directory.ExecuteSql("UPDATE run SET announced = 0");
        await using var again = await EmbeddedProducer.StartAsync(directory.Path);
        await again.Published.ReachesAsync(run, RunState.Succeeded, TestContext.Current.CancellationToken);

        Assert.Equal(run, Assert.Single(again.Published.Submitted).Run);
        Assert.Equal(2_500, again.Published.Run(run).Counts.Succeeded);
    }
}
