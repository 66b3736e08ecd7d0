using DistributedBatch.Contracts.Chunks;
using DistributedBatch.Contracts.Messages;
using DistributedBatch.Contracts.Runs;
using DistributedBatch.TestKit.Files;

namespace DistributedBatch.Producer.Tests.Dispatch;

public sealed class SteeringTests
{
    [Fact(Timeout = 30_000)]
    public async Task A_run_is_forgotten_once_it_is_over_and_not_before()
    {
        using var directory = new TempDirectory();
        await using (var box = await Box.StartAsync(directory.Path))
        {
            var run = await box.SubmitAsync(Box.Spec(3));
            Assert.Contains("cancel it first", Assert.Single((await box.Intake.ForgetAsync(run, TestContext.Current.CancellationToken)).Mistakes), StringComparison.Ordinal);
            await using var host = await box.HostAsync();
            await box.World.HeardAsync(run, RunState.Succeeded, TestContext.Current.CancellationToken);

            // It is wound up when the producer has noted that everybody was told, which nobody is told of.
            while ((await box.Intake.ForgetAsync(run, TestContext.Current.CancellationToken)).Mistakes is [var mistake])
                Assert.Contains("try again in a moment", mistake, StringComparison.Ordinal);
            Assert.Empty(box.Intake.Runs);
        }

        await using var again = await Box.StartAsync(directory.Path);
        Assert.Empty(again.Intake.Runs);
    }

    [Fact(Timeout = 30_000)]
    public async Task A_cancelled_run_that_nobody_works_on_is_settled_at_once()
    {
        using var directory = new TempDirectory();
        await using var box = await Box.StartAsync(directory.Path);
        var run = await box.SubmitAsync(Box.Spec(100_000));

        Assert.Empty((await box.Intake.ChangeAsync(run, RunAction.Cancel, TestContext.Current.CancellationToken)).Mistakes);
        Assert.Equal(RunState.Cancelled, await box.Intake.WaitUntilSettledAsync(run, TestContext.Current.CancellationToken));
        await box.World.HeardAsync(run, RunState.Cancelled, TestContext.Current.CancellationToken);

        Assert.Equal((100_000, "Cancelled by its user."), (box.World.Run(run).Counts.Cancelled, box.World.Run(run).Reason));
        Assert.Contains(box.World.Steered, word => word.Run == run && word.State == RunState.Cancelled);
    }

    [Fact(Timeout = 30_000)]
    public async Task A_cancelled_run_ends_without_the_word_of_a_host_that_never_gives_it()
    {
        using var directory = new TempDirectory();
        await using var box = await Box.StartAsync(directory.Path);
        var started = new TaskCompletionSource();
        await using var host = await box.HostAsync(slots: 1, async chunk =>
        {
            await box.Bus.PublishAsync(new AttemptReports("fake", [FakeHost.Report(chunk, outcome: null)]));
            started.SetResult();
            await Task.Delay(Timeout.Infinite, TestContext.Current.CancellationToken);
            return AttemptOutcome.Succeeded;
        });
        var run = await box.SubmitAsync(Box.Spec(1));
        await started.Task.WaitAsync(TestContext.Current.CancellationToken);

        await box.Intake.ChangeAsync(run, RunAction.Cancel, TestContext.Current.CancellationToken);

        Assert.Equal(RunState.Cancelled, await box.Intake.WaitUntilSettledAsync(run, TestContext.Current.CancellationToken));
    }

    [Fact(Timeout = 30_000)]
    public async Task A_paused_run_goes_on_when_it_is_resumed_and_hosts_hear_of_both()
    {
        using var directory = new TempDirectory();
        await using var box = await Box.StartAsync(directory.Path);
        var run = await box.SubmitAsync(Box.Spec(1_000));
        await box.Intake.ChangeAsync(run, RunAction.Pause, TestContext.Current.CancellationToken);
        await box.World.HeardAsync(run, RunState.Paused, TestContext.Current.CancellationToken);
        // What was fed before the pause is handed back by a host that knows of it, and nothing new is fed.
        var fed = Assert.Single(box.Intake.Runs).Counts.Outstanding;
        await using (var host = await box.HostAsync(execute: _ => Task.FromResult(AttemptOutcome.Released)))
        {
            while (Assert.Single(box.Intake.Runs).Counts.Outstanding > 0)
                await Task.Yield();
            Assert.Equal(fed, host.Executed.Count);
        }

        await box.Intake.ChangeAsync(run, RunAction.Resume, TestContext.Current.CancellationToken);
        await using var worker = await box.HostAsync();

        Assert.Equal(RunState.Succeeded, await box.Intake.WaitUntilSettledAsync(run, TestContext.Current.CancellationToken));
        Assert.Equal([RunState.Paused, RunState.Running], box.World.Steered.Select(word => word.State));
    }

    [Fact(Timeout = 30_000)]
    public async Task The_failed_chunks_of_a_settled_run_can_be_retried_and_the_others_are_left_alone()
    {
        using var directory = new TempDirectory();
        await using var box = await Box.StartAsync(directory.Path);
        var isMended = false;
        await using var host = await box.HostAsync(
            execute: chunk => Task.FromResult(chunk.Index % 10 == 0 && !isMended ? AttemptOutcome.ExitCode : AttemptOutcome.Succeeded));
        var run = await box.SubmitAsync(Box.Spec(100) with { Retries = 0 });
        Assert.Equal(RunState.Failed, await box.Intake.WaitUntilSettledAsync(run, TestContext.Current.CancellationToken));
        await box.World.HeardAsync(run, RunState.Failed, TestContext.Current.CancellationToken);

        isMended = true;
        Assert.Empty((await box.Intake.ChangeAsync(run, RunAction.Retry, TestContext.Current.CancellationToken)).Mistakes);

        Assert.Equal(RunState.Succeeded, await box.Intake.WaitUntilSettledAsync(run, TestContext.Current.CancellationToken));
        Assert.Equal(110, host.Executed.Count);
    }

    [Fact(Timeout = 30_000)]
    public async Task What_cannot_be_done_to_a_run_is_refused_with_a_sentence()
    {
        using var directory = new TempDirectory();
        await using var box = await Box.StartAsync(directory.Path);
        var run = await box.SubmitAsync(Box.Spec(0));

        var unknown = await box.Intake.ChangeAsync(RunId.New(), RunAction.Cancel, TestContext.Current.CancellationToken);
        var settled = await box.Intake.ChangeAsync(run, RunAction.Pause, TestContext.Current.CancellationToken);
        var succeeded = await box.Intake.ChangeAsync(run, RunAction.Retry, TestContext.Current.CancellationToken);

        Assert.StartsWith("There is no run", Assert.Single(unknown.Mistakes), StringComparison.Ordinal);
        Assert.Contains("is over (succeeded)", Assert.Single(settled.Mistakes), StringComparison.Ordinal);
        Assert.Contains("nothing to retry", Assert.Single(succeeded.Mistakes), StringComparison.Ordinal);
    }

    [Fact(Timeout = 30_000)]
    public async Task Requests_come_over_the_bus_as_well()
    {
        using var directory = new TempDirectory();
        await using var box = await Box.StartAsync(directory.Path);

        var refused = await box.Bus.RequestAsync<SubmitRun, RunCommandResult>(
            new SubmitRun(Box.Spec(10, chunk: -1)), TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);
        var accepted = await box.Bus.RequestAsync<SubmitRun, RunCommandResult>(
            new SubmitRun(Box.Spec(10)), TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);
        var cancelled = await box.Bus.RequestAsync<ChangeRun, RunCommandResult>(
            new ChangeRun(accepted.Run!.Value, RunAction.Cancel), TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);
        var newer = await box.Bus.RequestAsync<SubmitRun, RunCommandResult>(
            new SubmitRun(Box.Spec(10)) { Protocol = 99 }, TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);

        Assert.Contains("chunk size is -1", Assert.Single(refused.Mistakes), StringComparison.Ordinal);
        Assert.Equal(accepted.Run, cancelled.Run);
        Assert.Contains("speaks protocol 99", Assert.Single(newer.Mistakes), StringComparison.Ordinal);
    }
}
