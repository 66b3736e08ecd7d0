using System.Collections.Concurrent;
using DistributedBatch.Contracts.Messages;
using DistributedBatch.Messaging.Bus;
using DistributedBatch.Messaging.Chunks;

namespace DistributedBatch.Messaging.Tests.Support;

/// <summary>The part of a producer that feeds chunks again which hosts hand back.</summary>
internal sealed class Refeeder(IChunkPublisher publisher) : IMessageHandler<ChunksReturned>
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
        services.AddSingleton<Refeeder>();
        services.AddBusEndpoint(Topology.ProducerQueue).Handle<ChunksReturned, Refeeder>();
    }
}
