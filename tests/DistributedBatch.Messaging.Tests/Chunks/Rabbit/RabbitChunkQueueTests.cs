using DistributedBatch.Messaging.Tests.Support;

namespace DistributedBatch.Messaging.Tests.Chunks.Rabbit;

public sealed class RabbitChunkQueueTests(PrivateBroker broker) : ChunkQueueConformance
{
    // A buffer that asked ahead may give chunks back to the producer, which feeds them again.
    protected override async Task<object> StartAsync(CancellationToken cancellation) =>
        await MessagingHost.StartAsync(await broker.NewVhostAsync(cancellation), cancellation, Redispatcher.Add);
}
