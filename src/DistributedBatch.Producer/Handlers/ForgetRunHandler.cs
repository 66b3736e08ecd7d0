using DistributedBatch.Contracts.Text;
using DistributedBatch.Producer.Inbox;
using DistributedBatch.Producer.Runs;
using DistributedBatch.Producer.Storage;

namespace DistributedBatch.Producer.Handlers;

/// <summary>A user removes a settled run from the ledger.</summary>
internal sealed class ForgetRunHandler(RunRegistry runs, LedgerStore store) : LoopHandler<ForgetRun>
{
    /// <inheritdoc/>
    protected override async ValueTask<object?> HandleAsync(ForgetRun message, DateTimeOffset now, CancellationToken cancellation)
    {
        var id = message.Run;
        if (runs.Overviews.TryGetValue(id, out var known) && !known.IsSettled)
            return RunCommandResult.Refused($"Run {id} ({known.Name}) is {known.State.ToText()}; cancel it first.");
        if (runs.Find(id) is not null || runs.Unpublished.ContainsKey(id))
            return RunCommandResult.Refused($"Run {id} has just ended, and its end is still being published; try again in a moment.");
        await store.RemoveAsync(id, cancellation);
        runs.Overviews.TryRemove(id, out _);
        return RunCommandResult.Done(id);
    }
}
