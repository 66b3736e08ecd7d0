using DistributedBatch.Messaging.Connections;
using DistributedBatch.Messaging.Publishing;
using DistributedBatch.Messaging.Queues;
using DistributedBatch.Messaging.Signing;

namespace DistributedBatch.Messaging.Chunks.Rabbit;

/// <summary>Publishes chunks to RabbitMQ. Waits while the broker cannot be reached. A chunk without a confirm is an error; it is safe to publish it again.</summary>
internal sealed class RabbitChunkPublisher(ConfirmedPublisher publisher, Topology topology, BrokerOptions options, ChunkSigner? signer) : IChunkPublisher
{
    /// <inheritdoc/>
    public long? MaxChunkBytes => options.MaxChunkBytes;

    /// <inheritdoc/>
    public async ValueTask PublishAsync(RunChunk chunk, CancellationToken cancellation)
    {
        var body = ChunkCodec.Encode(signer?.Sign(chunk) ?? chunk);

        // The broker would close the channel, and the messages of other runs on it would be lost.
        if (body.Length > options.MaxChunkBytes)
        {
            throw new ChunkTooLargeException(
                $"its message has {body.Length / 1e6:0.0} MB and the broker takes up to {options.MaxChunkBytes / 1e6:0.0} MB; use smaller chunks (--chunk) or shorter items");
        }

        await publisher.PublishAsync(topology.ChunkQueue(ResourceClass.Of(chunk)), body, ChunkHeaders.Properties(chunk), cancellation);
    }
}
