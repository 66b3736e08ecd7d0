using DistributedBatch.Contracts.Chunks;
using DistributedBatch.Contracts.Messages;
using DistributedBatch.Contracts.Runs;
using DistributedBatch.Producer.Dispatch;
using DistributedBatch.Producer.Storage;
using DistributedBatch.TestKit.Files;
using DistributedBatch.TestKit.Waiting;

namespace DistributedBatch.Producer.Tests.Loop;

public sealed class UnwritableLedgerTests
{
    [Fact(Timeout = 30_000)]
    public async Task A_wait_for_a_run_fails_when_the_producer_gives_up_on_its_ledger()
    {
        using var directory = new TempDirectory();
        await using var producer = await EmbeddedProducer.StartAsync(directory.Path, options => options.Commit.GiveUpAfter = TimeSpan.Zero);
        var run = await producer.SubmitAsync(EmbeddedProducer.Spec(10));
        var settled = producer.Intake.WaitUntilSettledAsync(run, TestContext.Current.CancellationToken);

        directory.ExecuteSql("ALTER TABLE chunk RENAME TO elsewhere");
        await using var host = producer.StartHost();

        var failure = await Assert.ThrowsAsync<LedgerException>(() => settled);
        Assert.Contains("ledger.db cannot be used", failure.Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<OperationCanceledException>(
            () => producer.Intake.SubmitAsync(EmbeddedProducer.Spec(1), TestContext.Current.CancellationToken));
    }

    [Fact(Timeout = 30_000)]
    public async Task A_submission_that_the_ledger_cannot_take_is_refused_in_time_and_not_accepted_later()
    {
        using var directory = new TempDirectory();
        await using var producer = await EmbeddedProducer.StartAsync(directory.Path);
        directory.ExecuteSql("ALTER TABLE run RENAME TO elsewhere");

        var refused = await producer.Bus.RequestAsync<SubmitRun, RunCommandResult>(
            new SubmitRun(EmbeddedProducer.Spec(3)), TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);
        directory.ExecuteSql("ALTER TABLE elsewhere RENAME TO run");
        var accepted = await producer.SubmitAsync(EmbeddedProducer.Spec(3));

        Assert.Contains("ledger.db cannot be used", Assert.Single(refused.Mistakes), StringComparison.Ordinal);
        Assert.Equal(accepted, Assert.Single(producer.Intake.Runs).Run);
    }

    [Fact(Timeout = 30_000)]
    public async Task A_request_that_cannot_be_handled_while_a_commit_waits_is_answered_in_time_and_not_done_later()
    {
        using var directory = new TempDirectory();
        await using var producer = await EmbeddedProducer.StartAsync(directory.Path);
        var run = await producer.SubmitAsync(EmbeddedProducer.Spec(200));
        directory.ExecuteSql("ALTER TABLE chunk RENAME TO elsewhere");
        await using var host = producer.StartHost();
        await Eventually.HoldsAsync("some chunks ended", () => host.Executed.Count >= DispatchWindow.Smallest, TestContext.Current.CancellationToken);

        var refused = await producer.Bus.RequestAsync<ChangeRun, RunCommandResult>(
            new ChangeRun(run, RunAction.Cancel), TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);
        directory.ExecuteSql("ALTER TABLE elsewhere RENAME TO chunk");

        Assert.EndsWith("Nothing was changed; try again later.", Assert.Single(refused.Mistakes), StringComparison.Ordinal);
        Assert.Equal(RunState.Succeeded, await producer.Intake.WaitUntilSettledAsync(run, TestContext.Current.CancellationToken));
    }

    [Fact(Timeout = 30_000)]
    public async Task A_run_continues_when_the_ledger_can_be_written_again()
    {
        using var directory = new TempDirectory();
        await using var producer = await EmbeddedProducer.StartAsync(directory.Path);
        var run = await producer.SubmitAsync(EmbeddedProducer.Spec(200));
        directory.ExecuteSql("ALTER TABLE chunk RENAME TO elsewhere");
        var some = new TaskCompletionSource();
        var ended = 0;
        await using var host = producer.StartHost(execute: _ =>
        {
            if (Interlocked.Increment(ref ended) == DispatchWindow.Smallest / 2)
                some.SetResult();
            return Task.FromResult(AttemptOutcome.Succeeded);
        });
        await some.Task.WaitAsync(TestContext.Current.CancellationToken);

        directory.ExecuteSql("ALTER TABLE elsewhere RENAME TO chunk");

        Assert.Equal(RunState.Succeeded, await producer.Intake.WaitUntilSettledAsync(run, TestContext.Current.CancellationToken));
        Assert.Equal(Enumerable.Range(0, 200), host.Executed.Select(chunk => chunk.Index).Order());
    }
}
