using DistributedBatch.Contracts.Runs;
using DistributedBatch.Producer.Storage;
using Microsoft.Extensions.Logging;

namespace DistributedBatch.Producer.Dispatch;

/// <summary>Writes what changed in all runs in one transaction, and only then tells anybody.</summary>
internal sealed class GroupCommit(
    RunRegistry book, ILedgerStore store, OutboxPublisher announcer, ProducerOptions options, TimeProvider time, ILogger<GroupCommit> log)
{
    private readonly Dictionary<RunId, List<TaskCompletionSource<RunState>>> watchers = [];

    /// <summary>Called when all news up to a revision of a run are published; set by the feed loop.</summary>
    public Action<RunId, long> Announced { get; set; } = (_, _) => { };

    /// <summary>Lets <paramref name="settled"/> end when the run is settled and committed.</summary>
    public void Watch(RunId run, TaskCompletionSource<RunState> settled)
    {
        if (book.Find(run) is not { } active ? book.Overviews.TryGetValue(run, out var rest) && rest.IsSettled : active.Ledger is { FinishedAt: not null, HasChanges: false })
            settled.TrySetResult(book.Overviews[run].State);
        else if (!watchers.TryAdd(run, [settled]))
            watchers[run].Add(settled);
    }

    /// <summary>Nobody will settle anything any more.</summary>
    public void Abandon(Exception reason)
    {
        foreach (var watcher in watchers.Values.SelectMany(list => list))
            watcher.TrySetException(reason);
        watchers.Clear();
    }

    /// <summary>Commits and announces what changed; does nothing when nothing did.</summary>
    /// <param name="now">The time; after all times to leave nothing that is not written down.</param>
    /// <param name="cancellation">Gives up.</param>
    public async ValueTask CommitAsync(DateTimeOffset now, CancellationToken cancellation)
    {
        List<(ActiveRun Run, RunCommit Commit)>? changed = null;
        foreach (var run in book.Active)
        {
            run.Ledger.WriteDown(now);
            if (run.Ledger.HasChanges)
                (changed ??= []).Add((run, new RunCommit(run.Id, run.Ledger.TakeChanges(), run.Announced)));
        }

        if (changed is null)
            return;
        await WriteAsync([.. changed.Select(pair => pair.Commit)], cancellation);
        foreach (var (run, commit) in changed)
            await TellAsync(run, commit, cancellation);
    }

    /// <summary>Keeps that everything up to <paramref name="revision"/> was published, and lets go of a run that is settled and told.</summary>
    public async ValueTask KeepAnnouncedAsync(RunId run, long revision, CancellationToken cancellation)
    {
        if (book.Find(run) is { } active)
        {
            active.Announced = Math.Max(active.Announced, revision);
            if (active.Ledger is { FinishedAt: null } or { HasChanges: true } || active.Announced < active.Ledger.Revision)
                return;
            await WriteAsync([new RunCommit(run, new(active.Ledger.Snapshot(), []), active.Announced)], cancellation);
            book.Drop(active);
        }
        else if (book.Unannounced.Remove(run, out var stored))
        {
            await WriteAsync([new RunCommit(run, new(stored.State, []), revision)], cancellation);
        }
    }

    /// <summary>Keeps how far every run was announced, before a stop.</summary>
    public ValueTask KeepAllAnnouncedAsync(CancellationToken cancellation) => book.Active.Count == 0
        ? ValueTask.CompletedTask
        : WriteAsync([.. book.Active.Select(run => new RunCommit(run.Id, new(run.Ledger.Snapshot(), []), run.Announced))], cancellation);

    private async ValueTask TellAsync(ActiveRun run, RunCommit commit, CancellationToken cancellation)
    {
        var state = commit.Changes.State;
        book.Overviews[run.Id] = run.Overview();
        if (state.State != run.Steered && state.State is RunState.Running or RunState.Paused or RunState.Cancelled)
        {
            run.Steered = state.State;
            await announcer.SteeredAsync(run.Id, state.State, state.Revision, cancellation);
        }

        await announcer.ChangedAsync(
            RunRegistry.ChangeOf(run.Id, state, run.Stored.SubmittedAt, time.GetUtcNow()),
            Array.ConvertAll((Ledger.ChunkRow[])commit.Changes.Chunks, row => row.ToChange()),
            () => Announced(run.Id, state.Revision),
            cancellation);
        if (state.FinishedAt is null)
            return;
        ProducerLog.Settled(log, run.Id, state.State, state.Counts.Succeeded, state.Counts.Failed, state.Counts.Cancelled);
        if (watchers.Remove(run.Id, out var waiting))
            waiting.ForEach(watcher => watcher.TrySetResult(state.State));
    }

    private async ValueTask WriteAsync(IReadOnlyList<RunCommit> commits, CancellationToken cancellation)
    {
        var started = time.GetTimestamp();
        while (true)
        {
            try
            {
                await store.CommitAsync(commits, cancellation);
                return;
            }
            catch (LedgerException failure) when (!(time.GetElapsedTime(started) >= options.GiveUpAfter))
            {
                ProducerLog.NotKept(log, failure.Message);
                await Task.Delay(TimeSpan.FromSeconds(1), time, cancellation);
            }
        }
    }
}
