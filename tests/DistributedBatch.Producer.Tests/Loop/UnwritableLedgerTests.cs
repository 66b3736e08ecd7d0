using DistributedBatch.Contracts.Chunks;
using DistributedBatch.Contracts.Runs;
using DistributedBatch.Producer.Dispatch;
using DistributedBatch.Producer.Storage;
using DistributedBatch.TestKit.Files;

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
