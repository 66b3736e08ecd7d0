using System.Collections.Concurrent;
using DistributedBatch.Producer.Ledger;
using DistributedBatch.Producer.Storage;

namespace DistributedBatch.Producer.Runs;

/// <summary>All runs: an overview of each, and the ledgers of those that are worked on.</summary>
/// <param name="store">Where runs are kept.</param>
/// <param name="queueSurvives">Whether queued chunks are still queued after a restart: with a broker, but not within one process.</param>
/// <param name="options">Names who else may know of a success.</param>
/// <param name="log">Where restored runs are recorded.</param>
internal sealed partial class RunRegistry(LedgerStore store, bool queueSurvives, RestoreOptions options, ILogger<RunRegistry> log)
{
    private readonly List<ActiveRun> active = [];
    private readonly Dictionary<RunId, ActiveRun> byId = [];

    /// <summary>The runs whose ledgers are in memory, the oldest first.</summary>
    public IReadOnlyList<ActiveRun> Active => active;

    /// <summary>An overview of every run; read from any thread.</summary>
    public ConcurrentDictionary<RunId, RunOverview> Overviews { get; } = new();

    /// <summary>Inactive runs whose last changes an earlier producer did not publish.</summary>
    public Dictionary<RunId, StoredRun> Unpublished { get; } = [];

    /// <summary>The active run with this id, or null.</summary>
    public ActiveRun? Find(RunId run) => byId.GetValueOrDefault(run);

    /// <summary>Accepts a run.</summary>
    public async ValueTask<ActiveRun> AddAsync(RunSpec spec, DateTimeOffset now, CancellationToken cancellation)
    {
        // The store keeps milliseconds. No two runs have the same time, so that their order is their age everywhere.
        var submittedAt = DateTimeOffset.FromUnixTimeMilliseconds(now.ToUnixTimeMilliseconds());
        while (Overviews.Values.Any(run => run.SubmittedAt == submittedAt))
            submittedAt += TimeSpan.FromMilliseconds(1);
        var stored = StoredRun.New(spec.Id ?? RunId.New(), spec, submittedAt, LedgerState.New);
        await store.AddAsync(stored, spec.Dataset, cancellation);
        return Activate(stored, new RunLedger(RunLimits.From(stored.Spec), now, Random.Shared.NextDouble));
    }

    /// <summary>Brings the ledger of a run into memory; null when there is no such run.</summary>
    public async ValueTask<ActiveRun?> ActivateAsync(RunId run, DateTimeOffset now, CancellationToken cancellation) =>
        Find(run) ?? (await store.ReadRunsAsync(run, cancellation) is [var stored] ? await ActivateAsync(stored, now, cancellation) : null);

    /// <summary>Brings the ledger of a stored run into memory.</summary>
    public async ValueTask<ActiveRun> ActivateAsync(StoredRun stored, DateTimeOffset now, CancellationToken cancellation)
    {
        var ledger = RunLedger.Restore(RunLimits.From(stored.Spec), stored.State, Random.Shared.NextDouble);
        await foreach (var row in store.ReadChunksAsync(stored.Id, cancellation))
            ledger.RestoreChunk(row, queueSurvives, now);
        ledger.FinishRestore(now);
        if (options.RecordedSuccesses is { } recorded)
        {
            await foreach (var success in recorded(stored.Id, cancellation))
                ledger.RestoreSuccess(success.Index, success.Attempt, success.Host, success.Duration, now);
        }

        Unpublished.Remove(stored.Id);
        LogRestored(stored.Id, ledger.Counts.Settled, ledger.Counts.Total);
        return Activate(stored, ledger);
    }

    /// <summary>Drops the ledger of a run that is done from memory.</summary>
    public void Deactivate(ActiveRun run)
    {
        byId.Remove(run.Id);
        active.Remove(run);
    }

    private ActiveRun Activate(StoredRun stored, RunLedger ledger)
    {
        var run = new ActiveRun(stored, ledger, store);
        byId.Add(run.Id, run);
        active.Add(run);
        Overviews[run.Id] = run.Overview();
        return run;
    }

    [LoggerMessage(2002, LogLevel.Information, "Run {Run} continues: {Settled} of {Total} chunks are settled.")]
    private partial void LogRestored(RunId run, int settled, int total);
}
