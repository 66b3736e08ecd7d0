using DistributedBatch.Contracts.Chunks;
using DistributedBatch.Contracts.Hosts;
using DistributedBatch.Contracts.Messages;
using DistributedBatch.Contracts.Runs;
using DistributedBatch.TestKit.Files;

namespace DistributedBatch.Producer.Tests.Loop;

public sealed class ProducerLoopTests
{
    public static TheoryData<string> BrokenMessages => [.. Broken.Keys];

    private static readonly Dictionary<string, object> Broken = new()
    {
        ["reports without a list"] = new AttemptReports("fake", null!),
        ["reports with nothing in the list"] = new AttemptReports("fake", [null!]),
        ["returned chunks without a list"] = new ChunksReturned("fake", null!),
        ["a heartbeat without a host"] = new HostHeartbeat(null!, DateTimeOffset.UnixEpoch, []),
        ["a heartbeat without a list"] = new HostHeartbeat(new HostStatus { Name = "fake", Version = "1", Cores = 2, Slots = 2 }, default, null!),
        ["a submission without a spec"] = new SubmitRun(null!),
        ["a message that has no handler"] = new RunControlMessage(RunId.New(), RunState.Paused, 1),
    };

    [Theory(Timeout = 30_000)]
    [MemberData(nameof(BrokenMessages))]
    public async Task A_message_whose_handler_throws_fails_for_its_sender_and_the_next_message_is_handled(string broken)
    {
        using var directory = new TempDirectory();
        await using var producer = await EmbeddedProducer.StartAsync(directory.Path);

        var reply = producer.Inbox.TrySend(Broken[broken])!;
        await Assert.ThrowsAnyAsync<SystemException>(() => reply.Task.WaitAsync(TestContext.Current.CancellationToken));

        await AssertRunsAsync(producer);
    }

    [Fact(Timeout = 30_000)]
    public async Task A_broken_heartbeat_on_the_bus_does_not_stop_the_runs()
    {
        using var directory = new TempDirectory();
        await using var producer = await EmbeddedProducer.StartAsync(directory.Path);

        await producer.Bus.PublishAsync(new HostHeartbeat(null!, DateTimeOffset.UnixEpoch, []), TestContext.Current.CancellationToken);

        await AssertRunsAsync(producer);
    }

    [Fact(Timeout = 30_000)]
    public async Task A_report_is_acknowledged_after_the_ledger_has_committed_it()
    {
        using var directory = new TempDirectory();
        await using var producer = await EmbeddedProducer.StartAsync(directory.Path);
        await producer.SubmitAsync(EmbeddedProducer.Spec(2));
        await using var buffer = producer.Source.Open("fake", "cpu");
        buffer.Slots = 1;
        var delivery = await buffer.ReceiveAsync(TestContext.Current.CancellationToken);

        await producer.Inbox.TrySend(new AttemptReports("fake", [FakeHost.Report(delivery.Chunk, AttemptOutcome.Succeeded)]))!
            .Task.WaitAsync(TestContext.Current.CancellationToken);

        Assert.Equal("succeeded", directory.QuerySql($"SELECT state FROM chunk WHERE idx = {delivery.Chunk.Index}"));
    }

    [Fact(Timeout = 30_000)]
    public async Task A_message_after_the_stop_is_refused()
    {
        using var directory = new TempDirectory();
        var producer = await EmbeddedProducer.StartAsync(directory.Path);
        var (inbox, intake) = (producer.Inbox, producer.Intake);

        await producer.DisposeAsync();

        Assert.Null(inbox.TrySend(new AttemptReports("fake", [])));
        await Assert.ThrowsAsync<OperationCanceledException>(
            () => intake.SubmitAsync(EmbeddedProducer.Spec(1), TestContext.Current.CancellationToken));
    }

    private static async Task AssertRunsAsync(EmbeddedProducer producer)
    {
        await using var host = producer.StartHost();
        var run = await producer.SubmitAsync(EmbeddedProducer.Spec(10));
        Assert.Equal(RunState.Succeeded, await producer.Intake.WaitUntilSettledAsync(run, TestContext.Current.CancellationToken));
    }
}
