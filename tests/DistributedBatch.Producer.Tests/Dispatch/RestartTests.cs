using DistributedBatch.Contracts.Chunks;
using DistributedBatch.Contracts.Datasets;
using DistributedBatch.Contracts.Runs;
using DistributedBatch.Producer.Storage;
using DistributedBatch.TestKit.Files;

namespace DistributedBatch.Producer.Tests.Dispatch;

public sealed class RestartTests
{
    [Fact(Timeout = 30_000)]
    public async Task A_run_goes_on_after_a_restart_and_no_succeeded_chunk_runs_again()
    {
        using var directory = new TempDirectory();
        RunId run;
        HashSet<int> done;
        await using (var box = await Box.StartAsync(directory.Path))
        {
            var half = new TaskCompletionSource();
            await using var host = await box.HostAsync(execute: async chunk =>
            {
                if (chunk.Index >= 500)
                {
                    half.TrySetResult();
                    await Task.Delay(Timeout.Infinite, TestContext.Current.CancellationToken);
                }

                return AttemptOutcome.Succeeded;
            });
            run = await box.SubmitAsync(Box.Spec(1_000));
            await half.Task.WaitAsync(TestContext.Current.CancellationToken);
        }

        await using var again = await Box.StartAsync(directory.Path);
        done = [.. Enumerable.Range(0, again.Intake.Runs.Single().Counts.Succeeded)];
        await using var worker = await again.HostAsync();

        Assert.Equal(RunState.Succeeded, await again.Intake.WaitUntilSettledAsync(run, TestContext.Current.CancellationToken));
        Assert.Equal(1_000 - done.Count, worker.Executed.Count);
        Assert.Equal(worker.Executed.Count, worker.Executed.DistinctBy(chunk => chunk.Index).Count());
        Assert.Equal(1_000, again.Intake.Runs.Single().Counts.Succeeded);
    }

    [Fact(Timeout = 30_000)]
    public async Task A_list_of_items_outlives_a_restart()
    {
        using var directory = new TempDirectory();
        RunId run;
        await using (var box = await Box.StartAsync(directory.Path))
            run = await box.SubmitAsync(Box.Spec(0, chunk: 10) with { Dataset = new ItemDataset([.. Enumerable.Range(0, 2_000).Select(n => $"{n}")]) });

        await using var again = await Box.StartAsync(directory.Path);
        await using var host = await again.HostAsync();
        await again.Intake.WaitUntilSettledAsync(run, TestContext.Current.CancellationToken);

        Assert.All(host.Executed, chunk => Assert.Equal(Enumerable.Range((int)chunk.Start, 10).Select(n => $"{n}"), chunk.Items!.Select(item => item[0])));
    }

    [Fact(Timeout = 30_000)]
    public async Task Runs_are_left_alone_until_they_are_resumed_when_the_options_say_so()
    {
        using var directory = new TempDirectory();
        RunId wanted, other;
        await using (var box = await Box.StartAsync(directory.Path))
            (other, wanted) = (await box.SubmitAsync(Box.Spec(50, name: "other")), await box.SubmitAsync(Box.Spec(50, name: "wanted")));

        await using var again = await Box.StartAsync(directory.Path, options => options.ResumeOnStart = false);
        await using var host = await again.HostAsync();
        Assert.Equal(["other", "wanted"], again.Intake.Runs.Select(run => run.Name));
        Assert.Empty((await again.Intake.ChangeAsync(wanted, RunAction.Resume, TestContext.Current.CancellationToken)).Mistakes);

        Assert.Equal(RunState.Succeeded, await again.Intake.WaitUntilSettledAsync(wanted, TestContext.Current.CancellationToken));
        Assert.All(host.Executed, chunk => Assert.Equal(wanted, chunk.Run));
        Assert.Equal(RunState.Running, again.Intake.Runs.Single(run => run.Run == other).State);
    }

    [Fact(Timeout = 30_000)]
    public async Task Runs_of_one_moment_keep_their_order_across_a_restart()
    {
        using var directory = new TempDirectory();
        string[] names = [.. Enumerable.Range(0, 40).Select(n => $"run-{n:00}")];
        await using (var box = await Box.StartAsync(directory.Path))
            await Task.WhenAll(names.Select(name => box.SubmitAsync(Box.Spec(1, name: name)))).WaitAsync(TestContext.Current.CancellationToken);

        await using var again = await Box.StartAsync(directory.Path);

        Assert.Equal(names, again.Intake.Runs.Select(run => run.Name));
    }

    [Fact(Timeout = 30_000)]
    public async Task A_settled_run_can_be_retried_after_a_restart()
    {
        using var directory = new TempDirectory();
        RunId run;
        await using (var box = await Box.StartAsync(directory.Path))
        {
            await using var host = await box.HostAsync(execute: _ => Task.FromResult(AttemptOutcome.Timeout));
            run = await box.SubmitAsync(Box.Spec(20) with { Retries = 0 });
            await box.Intake.WaitUntilSettledAsync(run, TestContext.Current.CancellationToken);
        }

        await using var again = await Box.StartAsync(directory.Path);
        await using var worker = await again.HostAsync();
        await again.Intake.ChangeAsync(run, RunAction.Retry, TestContext.Current.CancellationToken);

        Assert.Equal(RunState.Succeeded, await again.Intake.WaitUntilSettledAsync(run, TestContext.Current.CancellationToken));
        Assert.All(worker.Executed, chunk => Assert.Equal(2, chunk.Attempt));
    }

    [Fact(Timeout = 30_000)]
    public async Task Two_producers_with_one_directory_are_one_too_many()
    {
        using var directory = new TempDirectory();
        await using var first = await Box.StartAsync(directory.Path);

        var refusal = await Assert.ThrowsAsync<LedgerException>(() => Box.StartAsync(directory.Path));

        Assert.Contains("is in use by another dbatch", refusal.Message, StringComparison.Ordinal);
        await first.Intake.SubmitAsync(Box.Spec(1), TestContext.Current.CancellationToken);
    }

    [Fact(Timeout = 30_000)]
    public async Task What_an_earlier_producer_committed_and_could_not_publish_is_published_at_the_next_start()
    {
        using var directory = new TempDirectory();
        RunId run;
        await using (var box = await Box.StartAsync(directory.Path))
        {
            await using var host = await box.HostAsync();
            run = await box.SubmitAsync(Box.Spec(2_500));
            await box.World.HeardAsync(run, RunState.Succeeded, TestContext.Current.CancellationToken);
        }

        directory.Forget("UPDATE run SET announced = 0");
        await using var again = await Box.StartAsync(directory.Path);
        await again.World.HeardAsync(run, RunState.Succeeded, TestContext.Current.CancellationToken);

        Assert.Equal(run, Assert.Single(again.World.Submitted).Run);
        Assert.Equal(2_500, again.World.Run(run).Counts.Succeeded);
    }
}
