using DistributedBatch.Contracts.Messages;
using DistributedBatch.Messaging.Publishing;
using DistributedBatch.Messaging.Queues;
using DistributedBatch.Messaging.Signing;

namespace DistributedBatch.Messaging.Chunks.Rabbit;

/// <summary>Puts chunks on RabbitMQ. While the broker is away it waits; a chunk whose fate is unknown is an error, and safe to publish again.</summary>
internal sealed class RabbitChunkPublisher(ConfirmedPublisher publisher, Topology topology, ChunkSigner? signer) : IChunkPublisher
{
    /// <inheritdoc/>
    public async ValueTask PublishAsync(RunChunk chunk, CancellationToken cancellation) => await publisher.PublishAsync(
        topology.ChunkQueue(ResourceClass.Of(chunk)), ChunkCodec.Encode(signer?.Sign(chunk) ?? chunk), ChunkHeaders.Properties(chunk), cancellation);
}
