using DistributedBatch.Contracts.Chunks;
using DistributedBatch.Contracts.Messages;
using DistributedBatch.Contracts.Runs;
using DistributedBatch.TestKit.Files;
using DistributedBatch.TestKit.Waiting;

namespace DistributedBatch.Producer.Tests.Loop;

public sealed class RunControlTests
{
    [Fact(Timeout = 30_000)]
    public async Task A_run_can_be_forgotten_when_it_is_settled_and_not_before()
    {
        using var directory = new TempDirectory();
        await using (var producer = await EmbeddedProducer.StartAsync(directory.Path))
        {
            var run = await producer.SubmitAsync(EmbeddedProducer.Spec(3));
            var refused = await producer.Intake.ForgetAsync(run, TestContext.Current.CancellationToken);
            Assert.Contains("cancel it first", Assert.Single(refused.Mistakes), StringComparison.Ordinal);
            await using var host = producer.StartHost();
            await producer.Published.ReachesAsync(run, RunState.Succeeded, TestContext.Current.CancellationToken);

            // The run can be forgotten when the publication of its end is committed, for which there is no signal.
            while ((await producer.Intake.ForgetAsync(run, TestContext.Current.CancellationToken)).Mistakes is [var mistake])
                Assert.Contains("try again in a moment", mistake, StringComparison.Ordinal);
            Assert.Empty(producer.Intake.Runs);
        }

        await using var again = await EmbeddedProducer.StartAsync(directory.Path);
        Assert.Empty(again.Intake.Runs);
    }

    [Fact(Timeout = 30_000)]
    public async Task A_cancelled_run_without_running_chunks_is_settled_at_once()
    {
        using var directory = new TempDirectory();
        await using var producer = await EmbeddedProducer.StartAsync(directory.Path);
        var run = await producer.SubmitAsync(EmbeddedProducer.Spec(100_000));

        Assert.Empty((await producer.Intake.ChangeAsync(run, RunAction.Cancel, TestContext.Current.CancellationToken)).Mistakes);
        Assert.Equal(RunState.Cancelled, await producer.Intake.WaitUntilSettledAsync(run, TestContext.Current.CancellationToken));
        await producer.Published.ReachesAsync(run, RunState.Cancelled, TestContext.Current.CancellationToken);

        Assert.Equal((100_000, "Cancelled by its user."), (producer.Published.Run(run).Counts.Cancelled, producer.Published.Run(run).Reason));
        Assert.Contains(producer.Published.Controls, control => control.Run == run && control.State == RunState.Cancelled);
    }

    [Fact(Timeout = 30_000)]
    public async Task A_cancelled_run_ends_without_the_report_of_a_host_that_never_sends_it()
    {
        using var directory = new TempDirectory();
        await using var producer = await EmbeddedProducer.StartAsync(directory.Path);
        var started = new TaskCompletionSource();
        await using var host = producer.StartHost(slots: 1, async chunk =>
        {
            await producer.Bus.PublishAsync(new AttemptReports("fake", [FakeHost.Report(chunk, outcome: null)]));
            started.SetResult();
            await Task.Delay(Timeout.Infinite, TestContext.Current.CancellationToken);
            return AttemptOutcome.Succeeded;
        });
        var run = await producer.SubmitAsync(EmbeddedProducer.Spec(1));
        await started.Task.WaitAsync(TestContext.Current.CancellationToken);

        await producer.Intake.ChangeAsync(run, RunAction.Cancel, TestContext.Current.CancellationToken);

        Assert.Equal(RunState.Cancelled, await producer.Intake.WaitUntilSettledAsync(run, TestContext.Current.CancellationToken));
    }

    [Fact(Timeout = 30_000)]
    public async Task A_paused_run_continues_when_it_is_resumed_and_hosts_are_told_of_both()
    {
        using var directory = new TempDirectory();
        await using var producer = await EmbeddedProducer.StartAsync(directory.Path);
        var run = await producer.SubmitAsync(EmbeddedProducer.Spec(1_000));
        await producer.Intake.ChangeAsync(run, RunAction.Pause, TestContext.Current.CancellationToken);
        await producer.Published.ReachesAsync(run, RunState.Paused, TestContext.Current.CancellationToken);
        // A host that knows of the pause returns the chunks from before it, and no other is dispatched.
        var outstanding = Assert.Single(producer.Intake.Runs).Counts.Outstanding;
        await using (var host = producer.StartHost(execute: _ => Task.FromResult(AttemptOutcome.Released)))
        {
            await producer.Published.ReachesAsync(run, change => change.Counts.Outstanding == 0, TestContext.Current.CancellationToken);
            Assert.Equal(outstanding, host.Executed.Count);
        }

        await producer.Intake.ChangeAsync(run, RunAction.Resume, TestContext.Current.CancellationToken);
        await using var worker = producer.StartHost();

        Assert.Equal(RunState.Succeeded, await producer.Intake.WaitUntilSettledAsync(run, TestContext.Current.CancellationToken));
        Assert.Equal([RunState.Paused, RunState.Running], producer.Published.Controls.Select(control => control.State));
    }

    [Fact(Timeout = 30_000)]
    public async Task The_failed_chunks_of_a_settled_run_can_be_retried_and_the_others_are_left_alone()
    {
        using var directory = new TempDirectory();
        await using var producer = await EmbeddedProducer.StartAsync(directory.Path);
        var isMended = false;
        await using var host = producer.StartHost(
            execute: chunk => Task.FromResult(chunk.Index % 10 == 0 && !isMended ? AttemptOutcome.ExitCode : AttemptOutcome.Succeeded));
        var run = await producer.SubmitAsync(EmbeddedProducer.Spec(100) with { Retries = 0 });
        Assert.Equal(RunState.Failed, await producer.Intake.WaitUntilSettledAsync(run, TestContext.Current.CancellationToken));
        await producer.Published.ReachesAsync(run, RunState.Failed, TestContext.Current.CancellationToken);

        isMended = true;
        Assert.Empty((await producer.Intake.ChangeAsync(run, RunAction.Retry, TestContext.Current.CancellationToken)).Mistakes);

        Assert.Equal(RunState.Succeeded, await producer.Intake.WaitUntilSettledAsync(run, TestContext.Current.CancellationToken));
        int[] retried = [.. Enumerable.Range(0, 10).Select(tens => tens * 10)];
        Assert.Equal(Enumerable.Range(0, 100).Concat(retried).Order(), host.Executed.Select(chunk => chunk.Index).Order());
    }

    [Fact(Timeout = 30_000)]
    public async Task Hosts_hear_that_a_cancelled_run_is_retried_and_its_chunks_prove_it()
    {
        using var directory = new TempDirectory();
        await using var producer = await EmbeddedProducer.StartAsync(directory.Path);
        var run = await producer.SubmitAsync(EmbeddedProducer.Spec(20));
        await producer.Intake.ChangeAsync(run, RunAction.Cancel, TestContext.Current.CancellationToken);
        await producer.Published.ReachesAsync(run, RunState.Cancelled, TestContext.Current.CancellationToken);
        await Eventually.HoldsAsync("hosts heard of the cancel", () => !producer.Published.Controls.IsEmpty, TestContext.Current.CancellationToken);
        var cancelled = Assert.Single(producer.Published.Controls).Revision;

        Assert.Empty((await producer.Intake.ChangeAsync(run, RunAction.Retry, TestContext.Current.CancellationToken)).Mistakes);
        await using var host = producer.StartHost();

        Assert.Equal(RunState.Succeeded, await producer.Intake.WaitUntilSettledAsync(run, TestContext.Current.CancellationToken));
        await Eventually.HoldsAsync(
            "hosts heard of the retry",
            () => producer.Published.Controls.Any(control => control.State == RunState.Running && control.Revision > cancelled),
            TestContext.Current.CancellationToken);
        Assert.All(host.Executed.GroupBy(chunk => chunk.Index), copies => Assert.True(copies.MaxBy(chunk => chunk.Attempt)!.Revision >= cancelled));
        Assert.All(host.Executed.Where(chunk => chunk.Revision < cancelled), chunk => Assert.Equal(1, chunk.Attempt));
    }

    [Fact(Timeout = 30_000)]
    public async Task A_copy_of_a_settled_chunk_that_starts_is_stopped()
    {
        using var directory = new TempDirectory();
        await using var producer = await EmbeddedProducer.StartAsync(directory.Path);
        var run = await producer.SubmitAsync(EmbeddedProducer.Spec(2));
        await using var buffer = producer.Source.Open("fake", "cpu");
        var chunk = (await buffer.ReceiveAsync(TestContext.Current.CancellationToken)).Chunk;
        await producer.Bus.PublishAsync(new AttemptReports("fake", [FakeHost.Report(chunk, AttemptOutcome.Succeeded)]), TestContext.Current.CancellationToken);
        await producer.Published.ReachesAsync(run, change => change.Counts.Succeeded == 1, TestContext.Current.CancellationToken);

        await producer.Bus.PublishAsync(new AttemptReports("fake", [FakeHost.Report(chunk, outcome: null)]), TestContext.Current.CancellationToken);

        await Eventually.HoldsAsync(
            "hosts are told to stop the copy",
            () => producer.Published.Controls.Any(control => control.SettledChunks?.SequenceEqual([chunk.Index]) == true),
            TestContext.Current.CancellationToken);
    }

    [Fact(Timeout = 30_000)]
    public async Task An_action_that_a_run_does_not_allow_is_refused_with_a_sentence()
    {
        using var directory = new TempDirectory();
        await using var producer = await EmbeddedProducer.StartAsync(directory.Path);
        var run = await producer.SubmitAsync(EmbeddedProducer.Spec(0));

        var unknown = await producer.Intake.ChangeAsync(RunId.New(), RunAction.Cancel, TestContext.Current.CancellationToken);
        var settled = await producer.Intake.ChangeAsync(run, RunAction.Pause, TestContext.Current.CancellationToken);
        var succeeded = await producer.Intake.ChangeAsync(run, RunAction.Retry, TestContext.Current.CancellationToken);

        Assert.StartsWith("There is no run", Assert.Single(unknown.Mistakes), StringComparison.Ordinal);
        Assert.Contains("is over (succeeded)", Assert.Single(settled.Mistakes), StringComparison.Ordinal);
        Assert.Contains("nothing to retry", Assert.Single(succeeded.Mistakes), StringComparison.Ordinal);
    }

    [Fact(Timeout = 30_000)]
    public async Task Requests_come_over_the_bus_as_well()
    {
        using var directory = new TempDirectory();
        await using var producer = await EmbeddedProducer.StartAsync(directory.Path);

        var refused = await producer.Bus.RequestAsync<SubmitRun, RunCommandResult>(
            new SubmitRun(EmbeddedProducer.Spec(10, chunk: -1)), TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);
        var accepted = await producer.Bus.RequestAsync<SubmitRun, RunCommandResult>(
            new SubmitRun(EmbeddedProducer.Spec(10)), TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);
        var cancelled = await producer.Bus.RequestAsync<ChangeRun, RunCommandResult>(
            new ChangeRun(accepted.Run!.Value, RunAction.Cancel), TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);
        var newer = await producer.Bus.RequestAsync<SubmitRun, RunCommandResult>(
            new SubmitRun(EmbeddedProducer.Spec(10)) { Protocol = 99 }, TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);

        var broken = await producer.Bus.RequestAsync<SubmitRun, RunCommandResult>(
            new SubmitRun(null!), TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);

        Assert.Contains("could not handle the request", Assert.Single(broken.Mistakes), StringComparison.Ordinal);
        Assert.Contains("chunk size is -1", Assert.Single(refused.Mistakes), StringComparison.Ordinal);
        Assert.Equal(accepted.Run, cancelled.Run);
        Assert.Contains("speaks protocol 99", Assert.Single(newer.Mistakes), StringComparison.Ordinal);
    }
}
