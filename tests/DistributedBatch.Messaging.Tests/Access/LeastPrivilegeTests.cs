using DistributedBatch.Contracts.Messages;
using DistributedBatch.Contracts.Runs;
using DistributedBatch.Messaging.Access;
using DistributedBatch.Messaging.Bus;
using DistributedBatch.Messaging.Chunks.Rabbit;
using DistributedBatch.Messaging.Connections;
using DistributedBatch.Messaging.Queues;
using DistributedBatch.Messaging.Tests.Support;
using RabbitMQ.Client;
using RabbitMQ.Client.Exceptions;

namespace DistributedBatch.Messaging.Tests.Access;

/// <summary>Producer, tracker and hosts as users of the broker that may do the least, on a real broker that says no.</summary>
public sealed class LeastPrivilegeTests(PrivateBroker broker)
{
    private const string Chunks = "dbatch.chunks.cpu";

    private readonly RecordingHandler<ChunksReturned> returned = new();
    private readonly RecordingHandler<ChunkDead> dead = new();
    private readonly RecordingHandler<AttemptReports> reports = new();

    [Fact(Timeout = 120_000)]
    public async Task Every_role_does_its_work_with_the_least_permissions()
    {
        var cancellation = TestContext.Current.CancellationToken;
        var vhost = await broker.NewVhostAsync(cancellation);
        await using var producer = await ProducerAsync(vhost, cancellation);
        await using var tracker = await TrackerAsync(vhost, cancellation);
        var steered = new RecordingHandler<RunControlMessage>();
        await using var host = await HostAsync(vhost, "lab7", steered, cancellation);
        await using var buffer = host.OpenBuffer("lab7");

        await producer.PublishAsync([Sample.Chunk(1), Sample.Chunk(2)], cancellation);
        var first = await buffer.ReceiveAsync(cancellation);
        await host.Bus.PublishAsync(Sample.ReportsOf("lab7", first.Chunk.Index), cancellation);
        await first.AcknowledgeAsync();
        await (await buffer.ReceiveAsync(cancellation)).RejectAsync("a test");
        await host.Bus.PublishAsync(new ChunksReturned("lab7", [new ReturnedChunk(Sample.Run, 3, 1, 0)]), cancellation);
        await producer.Bus.PublishAsync(new RunControlMessage(Sample.Run, RunState.Paused, 7), cancellation);

        Assert.Equal(1, (await reports.NextAsync(cancellation)).Reports[0].Index);
        Assert.Equal(1, (await tracker.Get<RecordingHandler<AttemptReports>>().NextAsync(cancellation)).Reports[0].Index);
        Assert.Equal((2, "a test"), await dead.NextAsync(cancellation) is var chunk ? (chunk.Index, chunk.Reason) : default);
        Assert.Equal(3, (await returned.NextAsync(cancellation)).Chunks[0].Index);
        Assert.Equal(RunState.Paused, (await steered.NextAsync(cancellation)).State);
        var answer = await tracker.Bus.RequestAsync<ChangeRun, RunCommandResult>(new ChangeRun(Sample.Run, RunAction.Pause), TimeSpan.FromSeconds(30), cancellation);
        Assert.Equal(Sample.Run, answer.Run);
    }

    [Fact(Timeout = 120_000)]
    public async Task Services_that_come_before_the_producer_wait_for_it()
    {
        var cancellation = TestContext.Current.CancellationToken;
        var vhost = await broker.NewVhostAsync(cancellation);
        var late = HostAsync(vhost, "early", new RecordingHandler<RunControlMessage>(), cancellation);
        var failure = await Assert.ThrowsAsync<BrokerRefusedException>(() => StartAsync(
            vhost, BrokerUser.ForHost("hasty"), services => { }, cancellation, options => options.StartPatience = TimeSpan.FromSeconds(1)));
        Assert.Contains("did not answer within", failure.Message, StringComparison.Ordinal);
        Assert.False(late.IsCompleted);

        await using var producer = await ProducerAsync(vhost, cancellation);
        await using var host = await late;
        await producer.Publisher.PublishAsync(Sample.Chunk(1), cancellation);
        await using var buffer = host.OpenBuffer("early");

        Assert.Equal(1, (await buffer.ReceiveAsync(cancellation)).Chunk.Index);
        Assert.Contains(host.Log.Lines, line => line.Contains("no producer has made the lab's queues yet", StringComparison.Ordinal));
    }

    [Fact(Timeout = 120_000)]
    public async Task The_broker_refuses_a_host_everything_that_is_not_its_own()
    {
        var cancellation = TestContext.Current.CancellationToken;
        var vhost = await broker.NewVhostAsync(cancellation);
        await using var producer = await ProducerAsync(vhost, cancellation);
        await using var neighbour = await HostAsync(vhost, "neighbour", new RecordingHandler<RunControlMessage>(), cancellation);
        var mallory = BrokerUser.ForHost("mallory");
        await using var connection = await new ConnectionFactory { Uri = await broker.AdmitAsync(vhost, mallory, cancellation) }.CreateConnectionAsync(cancellation);

        await RefusedAsync("publish a chunk", channel => PublishAsync(channel, "", Chunks));
        await RefusedAsync("answer for the producer", channel => PublishAsync(channel, "dbatch.submit-run", ""));
        await RefusedAsync("steer hosts", channel => PublishAsync(channel, "dbatch.run-steered", ""));
        await RefusedAsync("publish to a service's own exchange", channel => PublishAsync(channel, "dbatch.tracker.reports", ""));
        await RefusedAsync("read the producer's queue", channel => channel.BasicGetAsync("dbatch.producer.reports", true, cancellation));
        await RefusedAsync("read the tracker's queue", channel => channel.BasicGetAsync("dbatch.tracker.reports", true, cancellation));
        await RefusedAsync("read dead chunks", channel => channel.BasicGetAsync("dbatch.chunks.cpu.dead", true, cancellation));
        await RefusedAsync("read another host's queue", channel => channel.BasicGetAsync("dbatch.host.neighbour", true, cancellation));
        await RefusedAsync("delete the chunks", channel => channel.QueueDeleteAsync(Chunks, false, false, false, cancellation));
        await RefusedAsync("listen in on reports", channel => ListenInAsync(channel, "dbatch.attempt-reports"));
        await RefusedAsync("listen in on submissions", channel => ListenInAsync(channel, "dbatch.submit-run"));
        await RefusedAsync("make queues of its own", channel => channel.QueueDeclareAsync("spare", true, false, false, cancellationToken: cancellation));
        Assert.Equal(0u, await producer.ReadyAsync(Chunks, cancellation));

        async Task RefusedAsync(string deed, Func<IChannel, Task> attempt)
        {
            await using var channel = await connection.CreateChannelAsync(
                new CreateChannelOptions(publisherConfirmationsEnabled: true, publisherConfirmationTrackingEnabled: true), cancellation);
            var refusal = await Assert.ThrowsAnyAsync<OperationInterruptedException>(() => attempt(channel));
            Assert.True(refusal.ShutdownReason?.ReplyCode == 403, $"to {deed}: {refusal.Message}");
        }

        async Task PublishAsync(IChannel channel, string exchange, string key) =>
            await channel.BasicPublishAsync(exchange, key, mandatory: true, new BasicProperties(), ChunkCodec.Encode(Sample.Chunk(1)), cancellation);

        async Task ListenInAsync(IChannel channel, string exchange)
        {
            await channel.ExchangeDeclareAsync("dbatch.host.mallory", ExchangeType.Fanout, durable: true, cancellationToken: cancellation);
            await channel.ExchangeBindAsync("dbatch.host.mallory", exchange, "", cancellationToken: cancellation);
        }
    }

    [Fact(Timeout = 120_000)]
    public async Task A_host_whose_user_is_removed_is_out_at_once_and_its_chunk_goes_to_another()
    {
        var cancellation = TestContext.Current.CancellationToken;
        var vhost = await broker.NewVhostAsync(cancellation);
        await using var producer = await ProducerAsync(vhost, cancellation);
        await using var bad = await HostAsync(vhost, "bad", new RecordingHandler<RunControlMessage>(), cancellation);
        await using var good = await HostAsync(vhost, "good", new RecordingHandler<RunControlMessage>(), cancellation);
        await using var buffer = bad.OpenBuffer("bad");
        await producer.Publisher.PublishAsync(Sample.Chunk(1), cancellation);
        var held = await buffer.ReceiveAsync(cancellation);

        await broker.ControlAsync(cancellation, "delete_user", BrokerUser.NameOfHost("bad"));
        await broker.ControlAsync(cancellation, "close_all_user_connections", BrokerUser.NameOfHost("bad"), "the user was removed");
        await using var heir = good.OpenBuffer("good");
        var next = heir.ReceiveAsync(cancellation).AsTask();
        var again = Assert.Single((await returned.NextAsync(cancellation)).Chunks);
        Assert.Equal((1, 1), (again.Index, again.LostHosts));
        await producer.Publisher.PublishAsync(Sample.Chunk(1, attempt: 2), cancellation);

        Assert.Equal((1, 2), ((await next).Chunk.Index, (await next).Chunk.Attempt));
        Assert.True(held.Lost.IsCancellationRequested);
    }

    private Task<MessagingHost> ProducerAsync(Uri vhost, CancellationToken cancellation) => StartAsync(
        vhost,
        BrokerUser.For(BrokerRole.Producer),
        services =>
        {
            services.AddSingleton(returned).AddSingleton(dead).AddSingleton(reports).AddSingleton<Yes>();
            services.AddBusEndpoint(Topology.ProducerReportsQueue)
                .Handle<ChunksReturned, RecordingHandler<ChunksReturned>>()
                .Handle<ChunkDead, RecordingHandler<ChunkDead>>()
                .Handle<AttemptReports, RecordingHandler<AttemptReports>>();
            services.AddBusEndpoint(Topology.ProducerCommandsQueue).Answer<ChangeRun, RunCommandResult, Yes>();
        },
        cancellation,
        options => options.Declares = true);

    private Task<MessagingHost> TrackerAsync(Uri vhost, CancellationToken cancellation) => StartAsync(
        vhost,
        BrokerUser.For(BrokerRole.Tracker),
        services =>
        {
            services.AddSingleton(new RecordingHandler<AttemptReports>());
            services.AddBusEndpoint(Topology.TrackerReportsQueue).Handle<AttemptReports, RecordingHandler<AttemptReports>>();
        },
        cancellation);

    private Task<MessagingHost> HostAsync(Uri vhost, string name, RecordingHandler<RunControlMessage> steered, CancellationToken cancellation) => StartAsync(
        vhost,
        BrokerUser.ForHost(name),
        services =>
        {
            services.AddSingleton(steered);
            services.AddBusEndpoint(Topology.HostQueue(name), durable: false).Handle<RunControlMessage, RecordingHandler<RunControlMessage>>();
        },
        cancellation,
        options => options.HostName = name);

    private async Task<MessagingHost> StartAsync(
        Uri vhost, BrokerUser user, Action<IServiceCollection> services, CancellationToken cancellation, Action<BrokerOptions>? more = null)
    {
        var url = await broker.AdmitAsync(vhost, user, cancellation);
        return await MessagingHost.StartAsync(url, cancellation, services, options =>
        {
            options.Declares = false;
            options.StartPatience = TimeSpan.FromSeconds(90);
            more?.Invoke(options);
        });
    }

    private sealed class Yes : IRequestHandler<ChangeRun, RunCommandResult>
    {
        public Task<RunCommandResult> AnswerAsync(ChangeRun request, CancellationToken cancellation) => Task.FromResult(RunCommandResult.Done(request.Run));
    }
}
