using System.Text;
using System.Text.RegularExpressions;
using DistributedBatch.Contracts.Messages;
using DistributedBatch.Messaging.Bus;
using DistributedBatch.Messaging.Chunks;
using DistributedBatch.Messaging.Chunks.Rabbit;
using DistributedBatch.Messaging.Connections;
using DistributedBatch.Messaging.Queues;
using DistributedBatch.Messaging.Tests.Support;
using DistributedBatch.TestKit.Waiting;
using RabbitMQ.Client;
using RabbitMQ.Client.Exceptions;

namespace DistributedBatch.Messaging.Tests.DeadLetters;

public sealed class DeadLetterTests(PrivateBroker broker)
{
    private readonly RecordingHandler<ChunkDead> producer = new();

    [Fact(Timeout = 60_000)]
    public async Task A_chunk_taken_back_too_often_is_told_to_the_producer()
    {
        var cancellation = TestContext.Current.CancellationToken;
        await using var messaging = await StartAsync(deliveryLimit: 1, cancellation);
        await messaging.Publisher.PublishAsync(Sample.Chunk(8, attempt: 3), cancellation);

        for (var n = 0; n < 2; n++)
            await LoseAsync(messaging, cancellation);

        var dead = await producer.NextAsync(cancellation);
        Assert.Equal((Sample.Run, 8, 3), (dead.Run, dead.Index, dead.Attempt));
        Assert.Contains("too often", dead.Reason, StringComparison.Ordinal);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_rejected_chunk_is_told_to_the_producer_with_the_reason()
    {
        var cancellation = TestContext.Current.CancellationToken;
        await using var messaging = await StartAsync(deliveryLimit: 50, cancellation);
        await messaging.Publisher.PublishAsync(Sample.Chunk(2), cancellation);
        await using var buffer = messaging.OpenBuffer("box");

        await (await buffer.ReceiveAsync(cancellation)).RejectAsync("the placeholder {moon} is unknown here");

        var dead = await producer.NextAsync(cancellation);
        Assert.Equal((2, "the placeholder {moon} is unknown here"), (dead.Index, dead.Reason));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_chunk_from_a_newer_program_goes_back_to_its_producer_and_the_host_says_why_it_takes_none()
    {
        var cancellation = TestContext.Current.CancellationToken;
        var returns = new RecordingHandler<ChunksReturned>();
        await using var messaging = await MessagingHost.StartAsync(
            await broker.NewVhostAsync(cancellation),
            cancellation,
            services =>
            {
                services.AddSingleton(producer).AddSingleton(returns);
                services.AddBusEndpoint(Topology.ProducerReportsQueue).Handle<ChunkDead, RecordingHandler<ChunkDead>>().Handle<ChunksReturned, RecordingHandler<ChunksReturned>>();
            });
        await SendAsync(messaging, """{"protocol":99,"run":"0123456789","index":4,"attempt":1,"job":{"container":"x"}}""", cancellation);
        await using var buffer = messaging.OpenBuffer("box");

        Assert.Equal(new ReturnedChunk(Sample.Run, 4, 1, LostHosts: 0), Assert.Single((await returns.NextAsync(cancellation)).Chunks));
        Assert.Contains("it has protocol 99", messaging.Source.Warning, StringComparison.Ordinal);
        Assert.Empty(producer.Heard);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_message_from_a_newer_program_waits_for_the_start_of_one_that_can_read_it()
    {
        var cancellation = TestContext.Current.CancellationToken;
        var vhost = await broker.NewVhostAsync(cancellation);
        var reports = new RecordingHandler<AttemptReports>();
        await using (var older = await StartAsync())
        {
            await older.Bus.PublishAsync(Sample.Reports(7) with { Protocol = 99 }, cancellation);
            await Eventually.HoldsAsync("the message waits", async () => await ErrorsAsync(older) == 1, cancellation);
            await MakeReadableAsync(older);
        }

        await using var newer = await StartAsync();

        Assert.Equal(7, (await reports.NextAsync(cancellation)).Reports[0].Index);

        Task<MessagingHost> StartAsync() => MessagingHost.StartAsync(vhost, cancellation, services =>
        {
            services.AddSingleton(reports);
            services.AddBusEndpoint(Topology.ProducerReportsQueue).Handle<AttemptReports, RecordingHandler<AttemptReports>>();
        });

        async Task<uint> ErrorsAsync(MessagingHost messaging)
        {
            try
            {
                return await messaging.ReadyAsync("dbatch.producer.reports_error", cancellation);
            }
            catch (OperationInterruptedException)
            {
                return 0; // not declared yet
            }
        }

        // The test has no newer program, so it makes the message older.
        async Task MakeReadableAsync(MessagingHost messaging)
        {
            var connection = await messaging.Get<BrokerConnections>().Publishing.ConnectedAsync(cancellation);
            await using var channel = await connection.CreateChannelAsync(cancellationToken: cancellation);
            var message = (await channel.BasicGetAsync("dbatch.producer.reports_error", autoAck: true, cancellation))!;
            var body = Regex.Replace(Encoding.UTF8.GetString(message.Body.Span), "(\"protocol\"\\s*:\\s*)99", "${1}1");
            await channel.BasicPublishAsync("", "dbatch.producer.reports_error", mandatory: true, new BasicProperties(message.BasicProperties), Encoding.UTF8.GetBytes(body), cancellation);
            await Eventually.HoldsAsync("the message waits again", async () => await ErrorsAsync(messaging) == 1, cancellation);
        }
    }

    [Fact(Timeout = 60_000)]
    public async Task A_request_that_nobody_received_leaves_nothing_and_another_dead_letter_is_parked()
    {
        var cancellation = TestContext.Current.CancellationToken;
        await using var messaging = await StartAsync(deliveryLimit: 50, cancellation);
        var dead = Assert.Single(messaging.Topology.ServiceDeadQueues, queue => queue.Contains("commands", StringComparison.Ordinal));

        await Assert.ThrowsAsync<RequestUnansweredException>(() =>
            messaging.Bus.RequestAsync<ForgetRun, RunCommandResult>(new ForgetRun(Sample.Run), TimeSpan.FromSeconds(1), cancellation));

        await Eventually.HoldsAsync("it has expired", () => messaging.Log.Lines.Any(line => line.Contains("had expired and was dropped", StringComparison.Ordinal)), cancellation);
        Assert.Equal((0u, 0u), (await messaging.ReadyAsync(dead, cancellation), await messaging.ReadyAsync(messaging.Topology.ParkingQueue, cancellation)));

        await messaging.QueuePublisher.PublishAsync(dead, Encoding.UTF8.GetBytes("hello"), ChunkHeaders.Aside("it was returned 1000 times"), cancellation);
        await Eventually.HoldsAsync("it is parked", async () => await messaging.ReadyAsync(messaging.Topology.ParkingQueue, cancellation) == 1, cancellation);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_message_that_is_no_chunk_is_parked_and_the_queue_goes_on()
    {
        var cancellation = TestContext.Current.CancellationToken;
        await using var messaging = await StartAsync(deliveryLimit: 50, cancellation);
        await SendAsync(messaging, "hello", cancellation);
        await messaging.Publisher.PublishAsync(Sample.Chunk(5), cancellation);
        await using var buffer = messaging.OpenBuffer("box");

        Assert.Equal(5, (await buffer.ReceiveAsync(cancellation)).Chunk.Index);
        await Eventually.HoldsAsync("it is parked", async () => await messaging.ReadyAsync(messaging.Topology.ParkingQueue, cancellation) == 1, cancellation);
        Assert.Contains(messaging.Log.Lines, line => line.Contains("belongs to no known run", StringComparison.Ordinal));
        Assert.Empty(producer.Heard);
    }

    /// <summary>Takes the next chunk and closes the channel with it, as a host does that is lost.</summary>
    private static async Task LoseAsync(MessagingHost messaging, CancellationToken cancellation)
    {
        var connection = await messaging.Get<BrokerConnections>().Consuming.ConnectedAsync(cancellation);
        await using var channel = await connection.CreateChannelAsync(cancellationToken: cancellation);
        await Eventually.HoldsAsync(
            "a chunk is ready",
            async () => await channel.BasicGetAsync(messaging.Topology.ChunkQueue(ResourceClass.Cpu), autoAck: false, cancellation) is not null,
            cancellation);
    }

    private static Task SendAsync(MessagingHost messaging, string text, CancellationToken cancellation) => messaging.QueuePublisher.PublishAsync(
        messaging.Topology.ChunkQueue(ResourceClass.Cpu), Encoding.UTF8.GetBytes(text), ChunkHeaders.Properties(Sample.Chunk()), cancellation);

    private async Task<MessagingHost> StartAsync(int deliveryLimit, CancellationToken cancellation) => await MessagingHost.StartAsync(
        await broker.NewVhostAsync(cancellation),
        cancellation,
        services =>
        {
            services.AddSingleton(producer);
            services.AddBusEndpoint(Topology.ProducerReportsQueue).Handle<ChunkDead, RecordingHandler<ChunkDead>>();
        },
        options => options.DeliveryLimit = deliveryLimit);
}
