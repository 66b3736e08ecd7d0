using System.Runtime.ExceptionServices;
using DistributedBatch.Producer.Inbox;
using DistributedBatch.Producer.Runs;

namespace DistributedBatch.Producer.Handlers;

/// <summary>Another producer has taken the ledger over: the loop ends with the failure that says so.</summary>
internal sealed class LedgerTakenOverHandler : LoopHandler<LedgerTakenOver>
{
    /// <inheritdoc/>
    protected override ValueTask<object?> HandleAsync(LedgerTakenOver message, DateTimeOffset now, CancellationToken cancellation)
    {
        ExceptionDispatchInfo.Throw(message.Failure);
        return default;
    }
}
