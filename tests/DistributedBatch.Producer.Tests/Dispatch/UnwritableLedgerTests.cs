using DistributedBatch.Contracts.Chunks;
using DistributedBatch.Contracts.Runs;
using DistributedBatch.Producer.Dispatch;
using DistributedBatch.Producer.Storage;
using DistributedBatch.TestKit.Files;

namespace DistributedBatch.Producer.Tests.Dispatch;

public sealed class UnwritableLedgerTests
{
    [Fact(Timeout = 30_000)]
    public async Task Whoever_waits_for_a_run_is_told_when_the_producer_gives_up_on_its_ledger()
    {
        using var directory = new TempDirectory();
        await using var box = await Box.StartAsync(directory.Path, options => options.GiveUpAfter = TimeSpan.Zero);
        var run = await box.SubmitAsync(Box.Spec(10));
        var settled = box.Intake.WaitUntilSettledAsync(run, TestContext.Current.CancellationToken);

        directory.Forget("ALTER TABLE chunk RENAME TO elsewhere");
        await using var host = await box.HostAsync();

        var failure = await Assert.ThrowsAsync<LedgerException>(() => settled);
        Assert.Contains("ledger.db cannot be used", failure.Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<OperationCanceledException>(() => box.Intake.SubmitAsync(Box.Spec(1), TestContext.Current.CancellationToken));
    }

    [Fact(Timeout = 30_000)]
    public async Task Work_goes_on_where_it_was_when_the_ledger_can_be_written_again()
    {
        using var directory = new TempDirectory();
        await using var box = await Box.StartAsync(directory.Path);
        var run = await box.SubmitAsync(Box.Spec(200));
        directory.Forget("ALTER TABLE chunk RENAME TO elsewhere");
        var some = new TaskCompletionSource();
        var ended = 0;
        await using var host = await box.HostAsync(execute: _ =>
        {
            if (Interlocked.Increment(ref ended) == DispatchLimit.Least / 2)
                some.SetResult();
            return Task.FromResult(AttemptOutcome.Succeeded);
        });
        await some.Task.WaitAsync(TestContext.Current.CancellationToken);

        directory.Forget("ALTER TABLE elsewhere RENAME TO chunk");

        Assert.Equal(RunState.Succeeded, await box.Intake.WaitUntilSettledAsync(run, TestContext.Current.CancellationToken));
        Assert.Equal(200, host.Executed.Count);
    }
}
