using System.Collections.Concurrent;
using DistributedBatch.Tracker.Storage;

namespace DistributedBatch.Tracker.Projection;

/// <summary>
/// Signals what has been committed to the database. <c>dbatch run</c> waits for the end of its run before it prints the summary; live pages wait for the next
/// change. All members may be used from any thread.
/// </summary>
public sealed class ProjectionSignal
{
    private readonly ConcurrentDictionary<RunId, RunSignal> runs = new();

    /// <summary>
    /// Raised for every failed attempt when it is in the database, so that <c>dbatch run</c> can show it without polling. Handlers run on the projector's
    /// thread: they must be quick and must not throw.
    /// </summary>
    public event Action<AttemptReport>? AttemptFailed;

    /// <summary>Raised for every committed batch, with the duration of the commit. Handlers must be quick and must not throw.</summary>
    internal event Action<ProjectionBatch, TimeSpan>? BatchCommitted;

    /// <summary>Completes when the database holds the run in a final state.</summary>
    /// <remarks>A run that was settled before this process started is noticed only when the producer publishes it again.</remarks>
    public Task WaitUntilSettledAsync(RunId run, CancellationToken cancellation) => Of(run).Settled.WaitAsync(cancellation);

    /// <summary>Completes with the next commit that changes the run.</summary>
    public Task WaitForChangeAsync(RunId run, CancellationToken cancellation) => Of(run).Changed.WaitAsync(cancellation);

    internal void RaiseCommitted(ProjectionBatch batch, TimeSpan duration)
    {
        BatchCommitted?.Invoke(batch, duration);
        foreach (var run in batch.Attempts.Keys.Select(key => key.Run).Concat(batch.Submitted.Keys).Except(batch.Runs.Keys))
            Of(run).SetChanged();
        foreach (var changed in batch.Runs.Values)
            Of(changed.Run).SetChanged(changed);
        if (AttemptFailed is { } raise)
        {
            foreach (var failed in batch.Attempts.Values.Where(report => report.Outcome?.CostsAnAttempt() == true || report.Outcome == AttemptOutcome.HostLost))
                raise(failed);
        }
    }

    private RunSignal Of(RunId run) => runs.GetOrAdd(run, static _ => new RunSignal());

    private sealed class RunSignal
    {
        private readonly Lock gate = new();
        private TaskCompletionSource settled = New();
        private TaskCompletionSource changed = New();
        private long revision = -1;

        public Task Settled
        {
            get
            {
                lock (gate)
                    return settled.Task;
            }
        }

        public Task Changed
        {
            get
            {
                lock (gate)
                    return changed.Task;
            }
        }

        public void SetChanged(RunChanged? snapshot = null)
        {
            lock (gate)
            {
                changed.TrySetResult();
                changed = New();
                if (snapshot is null || snapshot.Revision <= revision)
                    return;
                revision = snapshot.Revision;
                if (snapshot.State.IsSettled())
                    settled.TrySetResult();
                else if (settled.Task.IsCompleted)
                    settled = New();
            }
        }

        private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
