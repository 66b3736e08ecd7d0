using DistributedBatch.Producer.Inbox;
using DistributedBatch.Producer.Runs;

namespace DistributedBatch.Producer.Handlers;

/// <summary>A host returns chunks that it did not start: they are dispatched again.</summary>
internal sealed class ChunksReturnedHandler(RunRegistry runs) : LoopHandler<ChunksReturned>
{
    /// <inheritdoc/>
    protected override ValueTask<object?> HandleAsync(ChunksReturned message, DateTimeOffset now, CancellationToken cancellation)
    {
        foreach (var chunk in message.Chunks)
            runs.Find(chunk.Run)?.Ledger.Return(chunk, message.Host, now);
        return default;
    }
}
