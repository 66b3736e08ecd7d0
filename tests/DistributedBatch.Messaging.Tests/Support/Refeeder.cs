using DistributedBatch.Contracts.Messages;
using DistributedBatch.Messaging.Bus;
using DistributedBatch.Messaging.Chunks;

namespace DistributedBatch.Messaging.Tests.Support;

/// <summary>The part of a producer that feeds chunks again which hosts hand back unseen.</summary>
internal sealed class Refeeder(IChunkPublisher publisher) : IHandle<ChunksReturned>
{
    public async Task HandleAsync(ChunksReturned message, CancellationToken cancellation)
    {
        foreach (var chunk in message.Chunks)
            await publisher.PublishAsync(Sample.Chunk(chunk.Index, attempt: chunk.Attempt), cancellation);
    }

    public static void Add(IServiceCollection services)
    {
        services.AddSingleton<Refeeder>();
        services.AddBusEndpoint(Topology.ProducerQueue).Handle<ChunksReturned, Refeeder>();
    }
}
