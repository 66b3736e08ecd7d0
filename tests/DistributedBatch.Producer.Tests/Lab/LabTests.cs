using System.Threading.Channels;
using DistributedBatch.Contracts.Chunks;
using DistributedBatch.Contracts.Datasets;
using DistributedBatch.Contracts.Messages;
using DistributedBatch.Contracts.Runs;
using DistributedBatch.Messaging.Bus;
using DistributedBatch.Messaging.Chunks;
using DistributedBatch.Messaging.Queues;
using DistributedBatch.Producer.Dispatch;
using DistributedBatch.Producer.Storage;
using DistributedBatch.Producer.Tests.Loop;
using DistributedBatch.TestKit.Broker;
using DistributedBatch.TestKit.Files;
using DistributedBatch.TestKit.Waiting;
using Microsoft.Extensions.DependencyInjection;

namespace DistributedBatch.Producer.Tests.Lab;

public sealed class LabTests(PrivateBroker broker)
{
    [Fact(Timeout = 120_000)]
    public async Task A_run_goes_through_the_broker_and_every_chunk_is_run_once()
    {
        using var directory = new TempDirectory();
        await using var producer = await LabProducer.StartAsync(
            await broker.NewVhostAsync(TestContext.Current.CancellationToken), options => options.DataDirectory = directory.Path);
        await using var host = producer.StartHost();

        var run = await producer.SubmitAsync(EmbeddedProducer.Spec(2_000));

        Assert.Equal(RunState.Succeeded, await producer.Intake.WaitUntilSettledAsync(run, TestContext.Current.CancellationToken));
        Assert.Equal(Enumerable.Range(0, 2_000), host.Executed.Select(chunk => chunk.Index).Order());
    }

    [Fact(Timeout = 120_000)]
    public async Task A_restarted_producer_dispatches_only_chunks_that_the_broker_does_not_have()
    {
        using var directory = new TempDirectory();
        var vhost = await broker.NewVhostAsync(TestContext.Current.CancellationToken);
        RunId run;
        await using (var producer = await LabProducer.StartAsync(vhost, options => options.DataDirectory = directory.Path))
            run = await producer.SubmitAsync(EmbeddedProducer.Spec(500));

        await using var again = await LabProducer.StartAsync(vhost, options => options.DataDirectory = directory.Path);
        await using var host = again.StartHost();

        Assert.Equal(RunState.Succeeded, await again.Intake.WaitUntilSettledAsync(run, TestContext.Current.CancellationToken));
        Assert.Equal(Enumerable.Range(0, 500), host.Executed.Select(chunk => chunk.Index).Order());
    }

    [Fact(Timeout = 120_000)]
    public async Task A_standby_takes_over_when_the_first_producer_ends()
    {
        using var directory = new TempDirectory();
        var vhost = await broker.NewVhostAsync(TestContext.Current.CancellationToken);
        var first = await LabProducer.StartAsync(vhost, options => options.DataDirectory = directory.Path);
        await using var standby = await LabProducer.StartAsync(vhost, options => options.DataDirectory = directory.Path);
        var run = await first.SubmitAsync(EmbeddedProducer.Spec(300));
        Assert.Empty(standby.Intake.Runs);

        await first.DisposeAsync();
        await Eventually.HoldsAsync("the standby knows the run", () => standby.Intake.Runs.Count == 1, TestContext.Current.CancellationToken);
        await using var host = standby.StartHost();

        Assert.Equal(RunState.Succeeded, await standby.Intake.WaitUntilSettledAsync(run, TestContext.Current.CancellationToken));
    }

    [Fact(Timeout = 120_000)]
    public async Task A_second_producer_with_a_ledger_of_its_own_is_refused_on_the_same_broker()
    {
        using var one = new TempDirectory();
        using var two = new TempDirectory();
        var vhost = await broker.NewVhostAsync(TestContext.Current.CancellationToken);
        await using var first = await LabProducer.StartAsync(vhost, options => options.DataDirectory = one.Path);

        var refusal = await Assert.ThrowsAsync<LedgerException>(() => LabProducer.StartAsync(
            vhost, options => (options.DataDirectory, options.OtherProducerTimeout) = (two.Path, TimeSpan.FromSeconds(2))));

        Assert.Contains("Another producer with a ledger of its own works on this broker", refusal.Message, StringComparison.Ordinal);
        await using var host = first.StartHost();
        var run = await first.SubmitAsync(EmbeddedProducer.Spec(5));
        Assert.Equal(RunState.Succeeded, await first.Intake.WaitUntilSettledAsync(run, TestContext.Current.CancellationToken));
    }

    [Fact(Timeout = 120_000)]
    public async Task A_chunk_that_no_host_could_read_fails_and_the_reason_is_published()
    {
        using var directory = new TempDirectory();
        var published = new PublishedReports();
        await using var producer = await LabProducer.StartAsync(
            await broker.NewVhostAsync(TestContext.Current.CancellationToken),
            options => options.DataDirectory = directory.Path,
            services => services.AddSingleton(published).AddBusEndpoint(Topology.TrackerReportsQueue).Handle<AttemptReports, PublishedReports>());
        var run = await producer.SubmitAsync(EmbeddedProducer.Spec(1));
        await using var buffer = producer.Source.Open("old", ResourceClass.Cpu);
        buffer.Slots = 1;

        await (await buffer.ReceiveAsync(TestContext.Current.CancellationToken)).RejectAsync("it speaks protocol 99");

        Assert.Equal(RunState.Failed, await producer.Intake.WaitUntilSettledAsync(run, TestContext.Current.CancellationToken));
        var report = Assert.Single((await published.Reader.ReadAsync(TestContext.Current.CancellationToken)).Reports);
        Assert.Equal((0, AttemptOutcome.NotStarted, "The chunk was put aside: it speaks protocol 99."), (report.Index, report.Outcome, report.Error));
    }

    [Fact(Timeout = 120_000)]
    public async Task A_chunk_that_is_too_large_for_the_broker_is_refused_at_the_submission_or_fails_with_the_reason()
    {
        using var directory = new TempDirectory();
        await using var producer = await LabProducer.StartAsync(
            await broker.NewVhostAsync(TestContext.Current.CancellationToken), options => options.DataDirectory = directory.Path, maxChunkBytes: 100_000);
        var large = new ItemDataset([.. Enumerable.Range(0, 30).Select(_ => new string('x', 10_000))]);

        var refused = await producer.Intake.SubmitAsync(EmbeddedProducer.Spec(0, chunk: 20) with { Dataset = large }, TestContext.Current.CancellationToken);
        var spec = EmbeddedProducer.Spec(1, name: "env");
        var run = await producer.SubmitAsync(spec with { Job = spec.Job with { Command = ["echo", new string('x', 200_000)] } });

        Assert.Contains("Chunk 0 would carry 0.2 MB of items and the broker takes up to 0.1 MB", Assert.Single(refused.Mistakes), StringComparison.Ordinal);
        Assert.Equal(RunState.Failed, await producer.Intake.WaitUntilSettledAsync(run, TestContext.Current.CancellationToken));
    }

    [Fact(Timeout = 120_000)]
    public async Task Chunks_that_the_broker_lost_are_dispatched_again()
    {
        using var directory = new TempDirectory();
        var vhost = await broker.NewVhostAsync(TestContext.Current.CancellationToken);
        await using var producer = await LabProducer.StartAsync(vhost, options =>
            (options.DataDirectory, options.Hosts.LostAfter) = (directory.Path, TimeSpan.FromSeconds(2)));
        var run = await producer.SubmitAsync(EmbeddedProducer.Spec(DispatchWindow.Smallest));
        await Eventually.HoldsAsync(
            "all chunks are queued", () => producer.Intake.Runs[0].Counts.Queued == DispatchWindow.Smallest, TestContext.Current.CancellationToken);

        await broker.EvalAsync(
            $"{{ok, Q}} = rabbit_amqqueue:lookup(rabbit_misc:r(<<\"{vhost.AbsolutePath.TrimStart('/')}\">>, queue, <<\"dbatch.chunks.cpu\">>)), "
            + "rabbit_amqqueue:purge(Q).",
            TestContext.Current.CancellationToken);
        await using var host = producer.StartHost();
        await using var heartbeats = new Heartbeats(producer.Bus);

        Assert.Equal(RunState.Succeeded, await producer.Intake.WaitUntilSettledAsync(run, TestContext.Current.CancellationToken));
        Assert.All(host.Executed, chunk => Assert.Equal(2, chunk.Attempt));
    }

    private sealed class PublishedReports : IMessageHandler<AttemptReports>
    {
        private readonly Channel<AttemptReports> reports = Channel.CreateUnbounded<AttemptReports>();

        public ChannelReader<AttemptReports> Reader => reports.Reader;

        public Task HandleAsync(AttemptReports message, CancellationToken cancellation) => reports.Writer.WriteAsync(message, cancellation).AsTask();
    }
}
