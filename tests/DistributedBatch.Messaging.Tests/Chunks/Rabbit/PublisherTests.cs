using DistributedBatch.Messaging.Chunks;
using DistributedBatch.Messaging.Chunks.Rabbit;
using DistributedBatch.Messaging.Connections;
using DistributedBatch.Messaging.Tests.Support;

namespace DistributedBatch.Messaging.Tests.Chunks.Rabbit;

public sealed class PublisherTests(PrivateBroker broker)
{
    [Fact(Timeout = 60_000)]
    public async Task A_published_chunk_is_on_its_queue_when_the_task_ends()
    {
        var cancellation = TestContext.Current.CancellationToken;
        await using var messaging = await MessagingHost.StartAsync(await broker.NewVhostAsync(cancellation), cancellation, options: options => options.ConfirmWindow = 7);

        await messaging.PublishAsync(Enumerable.Range(0, 200).Select(index => Sample.Chunk(index)), cancellation);

        Assert.Equal(200u, await messaging.ReadyAsync(messaging.Topology.ChunkQueue(ResourceClass.Cpu), cancellation));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_message_without_a_queue_is_an_error_and_not_lost_in_silence()
    {
        var cancellation = TestContext.Current.CancellationToken;
        await using var messaging = await MessagingHost.StartAsync(await broker.NewVhostAsync(cancellation), cancellation);

        var failure = await Assert.ThrowsAsync<ChunkUnpublishedException>(() =>
            messaging.QueuePublisher.PublishAsync("nowhere", new byte[] { 1 }, ChunkHeaders.Aside("a test"), cancellation));

        Assert.Contains("no queue 'nowhere'", failure.Message, StringComparison.Ordinal);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_queue_that_was_deleted_is_declared_again()
    {
        var cancellation = TestContext.Current.CancellationToken;
        await using var messaging = await MessagingHost.StartAsync(await broker.NewVhostAsync(cancellation), cancellation);
        var queue = messaging.Topology.ChunkQueue(ResourceClass.Cpu);
        var connection = await messaging.Get<BrokerConnections>().Publishing.ConnectedAsync(cancellation);
        await using (var channel = await connection.CreateChannelAsync(cancellationToken: cancellation))
            await channel.QueueDeleteAsync(queue, ifUnused: false, ifEmpty: false, cancellationToken: cancellation);

        await Assert.ThrowsAsync<ChunkUnpublishedException>(() => messaging.Publisher.PublishAsync(Sample.Chunk(1), cancellation).AsTask());
        await messaging.Publisher.PublishAsync(Sample.Chunk(1), cancellation);

        Assert.Equal(1u, await messaging.ReadyAsync(queue, cancellation));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_full_queue_refuses_chunks_with_a_sentence()
    {
        var cancellation = TestContext.Current.CancellationToken;
        await using var messaging = await MessagingHost.StartAsync(await broker.NewVhostAsync(cancellation), cancellation, options: options => options.QueueLimit = 5);

        // The limit is checked a little late (https://www.rabbitmq.com/docs/maxlength), so it takes some more than five.
        var failure = await Assert.ThrowsAsync<ChunkUnpublishedException>(async () =>
        {
            for (var index = 0; index < 1000; index++)
                await messaging.Publisher.PublishAsync(Sample.Chunk(index), cancellation);
        });

        Assert.Contains("full", failure.Message, StringComparison.Ordinal);
    }
}
