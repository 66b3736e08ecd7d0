using System.Collections.Concurrent;
using DistributedBatch.Contracts.Chunks;
using DistributedBatch.Contracts.Messages;
using DistributedBatch.Contracts.Runs;

namespace DistributedBatch.Tracker.Projection;

/// <summary>
/// Tells whoever waits what has reached the database: <c>dbatch run</c> waits here for the end of its run before it prints the summary, live pages wait for
/// the next change. All members may be used from any thread.
/// </summary>
public sealed class ProjectionSignal
{
    private readonly ConcurrentDictionary<RunId, RunSignal> runs = new();

    /// <summary>
    /// Told of every failed attempt once it is in the database, so that <c>dbatch run</c> can show it as it happens without asking. Called on the
    /// projection's own thread: a listener must be quick and must not throw.
    /// </summary>
    public event Action<AttemptReport>? AttemptFailed;

    /// <summary>Told of every batch once it is in the database. The same rule: quick, and without exceptions.</summary>
    internal event Action<ProjectionBatch>? BatchCommitted;

    /// <summary>Ends when the tracker's database holds the run in a final state.</summary>
    /// <remarks>A run that was settled before this process began is only noticed when the producer speaks of it again.</remarks>
    public Task WaitUntilSettledAsync(RunId run, CancellationToken cancellation) => Of(run).Settled.WaitAsync(cancellation);

    /// <summary>Ends with the next commit that touches the run.</summary>
    public Task WaitForChangeAsync(RunId run, CancellationToken cancellation) => Of(run).Changed.WaitAsync(cancellation);

    internal void Committed(ProjectionBatch batch)
    {
        BatchCommitted?.Invoke(batch);
        foreach (var run in batch.Attempts.Keys.Select(key => key.Run).Concat(batch.Submitted.Keys).Except(batch.Runs.Keys))
            Of(run).Change();
        foreach (var changed in batch.Runs.Values)
            Of(changed.Run).Change(changed);
        if (AttemptFailed is { } tell)
        {
            foreach (var failed in batch.Attempts.Values.Where(report => report.Outcome?.CostsAnAttempt() == true || report.Outcome == AttemptOutcome.HostLost))
                tell(failed);
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

        public void Change(RunChanged? snapshot = null)
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
