using DistributedBatch.Producer.Dispatch;
using DistributedBatch.Producer.Inbox;

namespace DistributedBatch.Producer.Handlers;

/// <summary>The queue confirmed a chunk, or did not: the chunk is queued, or published again.</summary>
internal sealed class ChunkConfirmedHandler(ChunkDispatcher dispatcher) : LoopHandler<ChunkConfirmed>
{
    /// <inheritdoc/>
    protected override ValueTask<object?> HandleAsync(ChunkConfirmed message, DateTimeOffset now, CancellationToken cancellation)
    {
        dispatcher.HandleConfirmation(message, now);
        return default;
    }
}
