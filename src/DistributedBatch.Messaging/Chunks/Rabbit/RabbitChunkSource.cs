using System.Collections.Concurrent;
using DistributedBatch.Messaging.Bus;
using DistributedBatch.Messaging.Connections;
using DistributedBatch.Messaging.Signing;
using Microsoft.Extensions.Logging;

namespace DistributedBatch.Messaging.Chunks.Rabbit;

/// <summary>Chunks from RabbitMQ. All lanes share one connection, which publishes nothing, and have a channel each.</summary>
internal sealed class RabbitChunkSource(
    BrokerConnections connections, MessageBus bus, Topology topology, BrokerOptions options, TimeProvider time, ILogger<RabbitChunkSource> logger)
    : IChunkSource
{
    private readonly ConcurrentDictionary<string, LaneGroup> groups = new();
    private readonly ChunkCodec codec = new(options.Trusted is { } trusted ? new ChunkVerifier(trusted) : null);

    /// <inheritdoc/>
    public ValueTask<IChunkLane> OpenAsync(string name, string resourceClass, CancellationToken cancellation) => ValueTask.FromResult<IChunkLane>(
        new RabbitChunkLane(
            connections.Consuming, bus, codec, new LaneSite(name, resourceClass, topology), groups.GetOrAdd(resourceClass, _ => new LaneGroup()), options, time, logger));
}
