using System.Collections.Concurrent;
using DistributedBatch.Contracts.Messages;
using DistributedBatch.Messaging.Bus;
using DistributedBatch.Messaging.Chunks;
using DistributedBatch.Messaging.Queues;

namespace DistributedBatch.Messaging.Tests.Support;

/// <summary>The part of a producer that dispatches chunks again when hosts give them back.</summary>
internal sealed class Redispatcher(IChunkPublisher publisher) : IMessageHandler<ChunksReturned>
{
    private readonly ConcurrentDictionary<int, int> losses = [];

    public async Task HandleAsync(ChunksReturned message, CancellationToken cancellation)
    {
        foreach (var chunk in message.Chunks)
        {
            var lost = losses.AddOrUpdate(chunk.Index, chunk.LostHosts, (_, before) => before + chunk.LostHosts);
            var again = Sample.Chunk(chunk.Index, attempt: chunk.Attempt + 1);
            await publisher.PublishAsync(again with { LostHosts = lost, CrashLimit = again.CrashLimit - lost }, cancellation);
        }
    }

    public static void Add(IServiceCollection services)
    {
        services.AddSingleton<Redispatcher>();
        services.AddBusEndpoint(Topology.ProducerReportsQueue).Handle<ChunksReturned, Redispatcher>();
    }
}
