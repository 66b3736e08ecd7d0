using DistributedBatch.Messaging.Bus;
using DistributedBatch.Messaging.Connections;
using DistributedBatch.Messaging.Queues;
using DistributedBatch.Messaging.Signing;

namespace DistributedBatch.Messaging.Chunks.Rabbit;

/// <summary>Chunks from RabbitMQ. A host's buffers share one connection, which publishes nothing, and have a channel each.</summary>
internal sealed class RabbitChunkSource(
    BrokerConnections connections, MessageBus bus, Topology topology, BrokerOptions options, TimeProvider time, ILogger<RabbitChunkSource> logger)
    : IChunkSource
{
    private readonly NewerChunkPause pause = new(time);
    private readonly ChunkCodec codec = new(options.Trusted is { } trusted ? new ChunkVerifier(trusted) : null);

    /// <inheritdoc/>
    public string? Warning => pause.Reason;

    /// <inheritdoc/>
    public IChunkBuffer Open(string host, string resourceClass) => new RabbitChunkBuffer(
        connections.Consuming, bus, codec, pause, $"{host}/{resourceClass}", topology.ChunkQueue(resourceClass), options, time, logger);
}
