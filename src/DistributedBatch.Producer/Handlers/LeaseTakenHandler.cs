using DistributedBatch.Producer.Inbox;
using DistributedBatch.Producer.Runs;

namespace DistributedBatch.Producer.Handlers;

/// <summary>A host acknowledged the delivery of a long attempt: from now on the attempt lives by the host's heartbeats.</summary>
internal sealed class LeaseTakenHandler(RunRegistry runs) : LoopHandler<LeaseTaken>
{
    /// <inheritdoc/>
    protected override ValueTask<object?> HandleAsync(LeaseTaken message, DateTimeOffset now, CancellationToken cancellation)
    {
        runs.Find(message.Run)?.Ledger.Lease(message);
        return default;
    }
}
