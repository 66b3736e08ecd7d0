using System.Text;
using DistributedBatch.Contracts.Messages;
using DistributedBatch.Messaging.Bus;
using DistributedBatch.Messaging.Chunks;
using DistributedBatch.Messaging.Chunks.Rabbit;
using DistributedBatch.Messaging.Connections;
using DistributedBatch.Messaging.Queues;
using DistributedBatch.Messaging.Tests.Support;
using DistributedBatch.TestKit.Waiting;

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
    public async Task A_message_from_a_newer_program_is_put_aside_and_the_queue_goes_on()
    {
        var cancellation = TestContext.Current.CancellationToken;
        await using var messaging = await StartAsync(deliveryLimit: 50, cancellation);
        await SendAsync(messaging, """{"protocol":99,"run":"0123456789","index":4,"attempt":1,"job":{"container":"x"}}""", cancellation);
        await messaging.Publisher.PublishAsync(Sample.Chunk(5), cancellation);
        await using var buffer = messaging.OpenBuffer("box");

        Assert.Equal(5, (await buffer.ReceiveAsync(cancellation)).Chunk.Index);
        var dead = await producer.NextAsync(cancellation);
        Assert.Equal(4, dead.Index);
        Assert.Contains("protocol 99", dead.Reason, StringComparison.Ordinal);
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
        Assert.Contains(messaging.Log.Lines, line => line.Contains("belongs to no run", StringComparison.Ordinal));
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
            services.AddBusEndpoint(Topology.ProducerQueue).Handle<ChunkDead, RecordingHandler<ChunkDead>>();
        },
        options => options.DeliveryLimit = deliveryLimit);
}
