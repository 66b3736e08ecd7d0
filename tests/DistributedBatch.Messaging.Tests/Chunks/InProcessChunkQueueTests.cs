using DistributedBatch.Messaging.Tests.Support;

namespace DistributedBatch.Messaging.Tests.Chunks;

public sealed class InProcessChunkQueueTests : ChunkQueueConformance
{
    protected override async Task<object> StartAsync(CancellationToken cancellation) => await MessagingHost.StartInProcessAsync(cancellation);
}
