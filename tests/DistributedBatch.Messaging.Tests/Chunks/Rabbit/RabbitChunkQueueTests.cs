using DistributedBatch.Messaging.Tests.Support;

namespace DistributedBatch.Messaging.Tests.Chunks.Rabbit;

public sealed class RabbitChunkQueueTests(PrivateBroker broker) : ChunkQueueConformance
{
    protected override async Task<object> StartAsync(CancellationToken cancellation) =>
        await Site.StartAsync(await broker.NewVhostAsync(cancellation), cancellation);
}
