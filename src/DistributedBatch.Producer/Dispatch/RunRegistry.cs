using System.Collections.Concurrent;
using DistributedBatch.Contracts.Messages;
using DistributedBatch.Contracts.Runs;
using DistributedBatch.Contracts.Text;
using DistributedBatch.Producer.Intake;
using DistributedBatch.Producer.Ledger;
using DistributedBatch.Producer.Storage;
using Microsoft.Extensions.Logging;

namespace DistributedBatch.Producer.Dispatch;

/// <summary>The runs this producer works on, and a few words on all others.</summary>
/// <param name="store">Where they come from.</param>
/// <param name="queueSurvives">Whether chunks that were queued are still in the queue after a restart: with a broker, but not within one process.</param>
/// <param name="announcer">Hears what an earlier producer committed and could not publish.</param>
/// <param name="log">Where restored runs are noted.</param>
internal sealed class RunRegistry(ILedgerStore store, bool queueSurvives, OutboxPublisher announcer, ILogger<RunRegistry> log)
{
    private readonly List<ActiveRun> active = [];
    private readonly Dictionary<RunId, ActiveRun> byId = [];

    /// <summary>The runs whose ledgers are in memory, the oldest first.</summary>
    public IReadOnlyList<ActiveRun> Active => active;

    /// <summary>All runs there are; read from any thread.</summary>
    public ConcurrentDictionary<RunId, RunOverview> Overviews { get; } = new();

    /// <summary>Runs at rest of which not everything was published before this producer started.</summary>
    public Dictionary<RunId, StoredRun> Unannounced { get; } = [];

    /// <summary>The active run with this id, or null.</summary>
    public ActiveRun? Find(RunId run) => byId.GetValueOrDefault(run);

    /// <summary>Reads all runs and brings back those that are to go on.</summary>
    public async ValueTask LoadAsync(bool resume, Action<RunId, long> announced, DateTimeOffset now, CancellationToken cancellation)
    {
        foreach (var run in await store.ReadRunsAsync(only: null, cancellation))
        {
            Overviews[run.Id] = new RunOverview(
                run.Id, run.Spec.Name, run.State.State, run.State.Counts, run.SubmittedAt, run.State.FinishedAt, run.State.Revision);
            if (run.Announced == 0)
                await announcer.SubmittedAsync(run.ToSubmitted(), cancellation);
            var goesOn = resume && run.State.FinishedAt is null;
            if (!goesOn && run.Announced < run.State.Revision)
                Unannounced[run.Id] = run;
            if (goesOn)
                await RestoreAsync(run, now, cancellation);
            await AnnounceAgainAsync(run, announced, now, cancellation);
        }
    }

    /// <summary>Accepts a run.</summary>
    public async ValueTask<ActiveRun> AddAsync(RunSpec spec, DateTimeOffset now, Func<double> chance, CancellationToken cancellation)
    {
        // The store keeps milliseconds; everybody is told the same time, and no two runs the same one, so that their order is their age everywhere.
        var submittedAt = DateTimeOffset.FromUnixTimeMilliseconds(now.ToUnixTimeMilliseconds());
        while (Overviews.Values.Any(run => run.SubmittedAt == submittedAt))
            submittedAt += TimeSpan.FromMilliseconds(1);
        var stored = StoredRun.New(spec.Id ?? RunId.New(), spec, submittedAt, LedgerState.New);
        await store.AddAsync(stored, spec.Dataset, cancellation);
        return Activate(stored, new RunLedger(RunLimits.From(stored.Spec), now, chance));
    }

    /// <summary>Brings the ledger of a stored run back into memory; null when there is no such run.</summary>
    public async ValueTask<ActiveRun?> RestoreAsync(RunId run, DateTimeOffset now, CancellationToken cancellation) =>
        Find(run) ?? (await store.ReadRunsAsync(run, cancellation) is [var stored]
            ? await RestoreAsync(stored, now, cancellation)
            : null);

    /// <summary>Drops the ledger of a run at rest from memory.</summary>
    public void Drop(ActiveRun run)
    {
        byId.Remove(run.Id);
        active.Remove(run);
    }

    /// <summary>Drops a settled run for good.</summary>
    /// <returns>The run, or why it must stay.</returns>
    public async ValueTask<RunCommandResult> ForgetAsync(RunId run, CancellationToken cancellation)
    {
        if (Overviews.TryGetValue(run, out var known) && !known.IsSettled)
            return RunCommandResult.Refused($"Run {run} ({known.Name}) is {known.State.ToText()}; cancel it first.");
        if (Find(run) is not null || Unannounced.ContainsKey(run))
            return RunCommandResult.Refused($"Run {run} has just ended and not everybody has heard of it; try again in a moment.");
        try
        {
            await store.RemoveAsync(run, cancellation);
        }
        catch (LedgerException failure)
        {
            return RunCommandResult.Refused(failure.Message);
        }

        Overviews.TryRemove(run, out _);
        return RunCommandResult.Done(run);
    }

    private async ValueTask<ActiveRun> RestoreAsync(StoredRun stored, DateTimeOffset now, CancellationToken cancellation)
    {
        var ledger = RunLedger.Restoring(RunLimits.From(stored.Spec), stored.State, Random.Shared.NextDouble);
        await foreach (var row in store.ReadChunksAsync(stored.Id, cancellation))
            ledger.Restore(row, queueSurvives, now);
        ledger.Restored(now);
        Unannounced.Remove(stored.Id);
        var run = Activate(stored, ledger);
        // Hosts that were told to pause or to stop may not have heard it.
        run.Steered = RunState.Running;
        ProducerLog.Restored(log, run.Id, ledger.Counts.Settled, ledger.Counts.Total);
        return run;
    }

    /// <summary>Publishes all that is stored of a run once more, a page at a time; see <see cref="RunIntake.AnnounceAgainAsync"/>.</summary>
    public async ValueTask AnnounceAllAsync(RunId id, DateTimeOffset now, CancellationToken cancellation)
    {
        if (await store.ReadRunsAsync(id, cancellation) is not [var run])
            return;
        await announcer.SubmittedAsync(run.ToSubmitted(), cancellation);
        var change = ChangeOf(run.Id, run.State, run.SubmittedAt, now);
        var page = new List<ChunkChange>();
        await foreach (var row in store.ReadChunksAsync(run.Id, cancellation))
        {
            page.Add(row.ToChange());
            if (page.Count == UpdateCoalescer.MostChunksAMessage)
            {
                await announcer.ChangedAsync(change, page, () => { }, cancellation);
                page = [];
            }
        }

        await announcer.ChangedAsync(change, page, () => { }, cancellation);
    }

    private async ValueTask AnnounceAgainAsync(StoredRun run, Action<RunId, long> announced, DateTimeOffset now, CancellationToken cancellation)
    {
        if (run.Announced >= run.State.Revision)
            return;
        var changes = new List<ChunkChange>();
        await foreach (var row in store.ReadChunksAsync(run.Id, cancellation))
        {
            if (row.Revision > run.Announced)
                changes.Add(row.ToChange());
        }

        await announcer.ChangedAsync(
            ChangeOf(run.Id, run.State, run.SubmittedAt, now), changes, () => announced(run.Id, run.State.Revision), cancellation);
    }

    /// <summary>The news of a run, without its chunks.</summary>
    public static RunChanged ChangeOf(RunId run, LedgerState state, DateTimeOffset submittedAt, DateTimeOffset now) => new()
    {
        Run = run,
        Revision = state.Revision,
        State = state.State,
        Counts = state.Counts,
        ItemsSucceeded = state.ItemsSucceeded,
        At = now,
        SubmittedAt = submittedAt,
        FinishedAt = state.FinishedAt,
        Reason = state.Reason,
    };

    private ActiveRun Activate(StoredRun stored, RunLedger ledger)
    {
        var run = new ActiveRun(stored, ledger, store);
        byId.Add(run.Id, run);
        active.Add(run);
        return run;
    }
}
