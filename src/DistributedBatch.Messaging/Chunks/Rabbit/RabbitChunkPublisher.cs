using DistributedBatch.Messaging.Publishing;
using DistributedBatch.Messaging.Queues;
using DistributedBatch.Messaging.Signing;

namespace DistributedBatch.Messaging.Chunks.Rabbit;

/// <summary>Publishes chunks to RabbitMQ. Waits while the broker cannot be reached. A chunk without a confirm is an error; it is safe to publish it again.</summary>
internal sealed class RabbitChunkPublisher(ConfirmedPublisher publisher, Topology topology, ChunkSigner? signer) : IChunkPublisher
{
    /// <inheritdoc/>
    public async ValueTask PublishAsync(RunChunk chunk, CancellationToken cancellation) => await publisher.PublishAsync(
        topology.ChunkQueue(ResourceClass.Of(chunk)), ChunkCodec.Encode(signer?.Sign(chunk) ?? chunk), ChunkHeaders.Properties(chunk), cancellation);
}
