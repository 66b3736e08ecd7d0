using DistributedBatch.Producer.Outbox;
using DistributedBatch.Producer.Storage;

namespace DistributedBatch.Producer.Runs;

/// <summary>Writes the changes of all runs in one transaction, and only then publishes them.</summary>
internal sealed partial class GroupCommit(
    RunRegistry runs,
    LedgerStore store,
    LedgerHealth health,
    OutboxPublisher outbox,
    RunWaiters waiters,
    CommitOptions options,
    TimeProvider time,
    ILogger<GroupCommit> log)
{
    private static readonly TimeSpan RetryDelay = TimeSpan.FromSeconds(1);

    private readonly List<RunCommit> inactive = [];

    /// <summary>Records that a run was published up to a revision.</summary>
    public void RecordPublished(RunId run, long revision)
    {
        if (runs.Find(run) is { } active)
            active.PublishedRevision = Math.Max(active.PublishedRevision, revision);
        else if (runs.Unpublished.Remove(run, out var stored))
            inactive.Add(new RunCommit(run, new(stored.State, []), revision));
    }

    /// <summary>Writes and publishes what changed, and lets go of the runs that are done. Does nothing when nothing changed.</summary>
    /// <param name="now">The time; the maximum writes postponed rows as well.</param>
    /// <param name="cancellation">Gives up.</param>
    public async ValueTask CommitAsync(DateTimeOffset now, CancellationToken cancellation)
    {
        List<(ActiveRun Run, RunCommit Commit)>? changed = null;
        List<ActiveRun>? done = null;
        foreach (var run in runs.Active)
        {
            run.Ledger.AddDueChanges(now);
            if (run.Ledger.HasChanges)
                (changed ??= []).Add((run, CommitOf(run, run.Ledger.TakeChanges())));
            else if (run.IsDone)
                (done ??= []).Add(run);
        }

        if (changed is null && done is null && inactive.Count == 0)
            return;
        await WriteAsync([.. (changed ?? []).Select(pair => pair.Commit), .. PublishedOnly(done ?? []), .. inactive], cancellation);
        inactive.Clear();
        done?.ForEach(runs.Deactivate);
        foreach (var (run, commit) in changed ?? [])
            await PublishAsync(run, commit, cancellation);
    }

    /// <summary>Writes up to which revision each run was published, before a stop.</summary>
    public ValueTask CommitPublishedAsync(CancellationToken cancellation) => WriteAsync([.. PublishedOnly(runs.Active)], cancellation);

    private static IEnumerable<RunCommit> PublishedOnly(IEnumerable<ActiveRun> runs) => runs
        .Where(run => run.PublishedRevision > run.StoredPublishedRevision)
        .Select(run => CommitOf(run, new(run.Ledger.Snapshot(), [])));

    private static RunCommit CommitOf(ActiveRun run, Ledger.LedgerChanges changes)
    {
        run.StoredPublishedRevision = run.PublishedRevision;
        return new RunCommit(run.Id, changes, run.PublishedRevision);
    }

    private async ValueTask PublishAsync(ActiveRun run, RunCommit commit, CancellationToken cancellation)
    {
        var state = commit.Changes.State;
        runs.Overviews[run.Id] = run.Overview();
        if (state.State != run.HostsState && (state.State is RunState.Running or RunState.Paused or RunState.Cancelled || KeepsInterpreters(run)))
        {
            run.HostsState = state.State;
            await outbox.PublishAsync(new RunControlMessage(run.Id, state.State, state.Revision), cancellation);
        }

        var change = RunUpdates.ToChange(run.Id, state, run.SubmittedAt, time.GetUtcNow());
        await outbox.PublishAsync(change with { Chunks = commit.Changes.Chunks.Select(row => row.ToChange()).ToArray() }, cancellation);
        if (state.FinishedAt is null)
            return;
        LogSettled(run.Id, state.State, state.Counts.Succeeded, state.Counts.Failed, state.Counts.Cancelled);
        waiters.Complete(run.Id, state.State);
    }

    // Only then does the end of a run matter to hosts.
    private static bool KeepsInterpreters(ActiveRun run) => run.Spec.Job.Warm == WarmMode.Keep;

    private async ValueTask WriteAsync(IReadOnlyList<RunCommit> commits, CancellationToken cancellation)
    {
        var started = time.GetTimestamp();
        while (commits.Count > 0)
        {
            try
            {
                await store.CommitAsync(commits, cancellation);
                health.Worked();
                return;
            }
            catch (LedgerException failure) when (!failure.IsReplaced && !(time.GetElapsedTime(started) >= options.GiveUpAfter))
            {
                health.Failed(failure.Message);
                LogNotWritten(failure.Message);
                await Task.Delay(RetryDelay, time, cancellation);
            }
        }
    }

    [LoggerMessage(2001, LogLevel.Information, "Run {Run} is {State}: {Succeeded} chunks succeeded, {Failed} failed, {Cancelled} cancelled.")]
    private partial void LogSettled(RunId run, RunState state, int succeeded, int failed, int cancelled);

    [LoggerMessage(2005, LogLevel.Error, "The ledger could not be written: {Failure} No chunk is dispatched until then; the next try is in 1 s.")]
    private partial void LogNotWritten(string failure);
}
