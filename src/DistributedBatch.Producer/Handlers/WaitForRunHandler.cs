using DistributedBatch.Producer.Inbox;
using DistributedBatch.Producer.Runs;

namespace DistributedBatch.Producer.Handlers;

/// <summary>Code in this process waits for the end of a run.</summary>
internal sealed class WaitForRunHandler(RunRegistry runs, RunWaiters waiters) : LoopHandler<WaitForRun>
{
    /// <inheritdoc/>
    protected override ValueTask<object?> HandleAsync(WaitForRun message, DateTimeOffset now, CancellationToken cancellation)
    {
        var isSettled = runs.Find(message.Run) is { } run
            ? run.Ledger is { FinishedAt: not null, HasChanges: false }
            : runs.Overviews.TryGetValue(message.Run, out var known) && known.IsSettled;
        var end = isSettled ? Task.FromResult(runs.Overviews[message.Run].State) : waiters.WaitAsync(message.Run);
        return new ValueTask<object?>((object)end);
    }
}
