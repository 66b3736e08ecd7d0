using DistributedBatch.Producer.Ledger;
using DistributedBatch.Producer.Storage;

namespace DistributedBatch.Producer.Runs;

/// <summary>A run whose ledger is in memory.</summary>
/// <param name="stored">The run as it was submitted.</param>
/// <param name="ledger">Its chunks and its state.</param>
/// <param name="store">Where its items are.</param>
internal sealed class ActiveRun(StoredRun stored, RunLedger ledger, LedgerStore store)
{
    private readonly ItemReader items = new(stored, store);

    /// <summary>Its id.</summary>
    public RunId Id => stored.Id;

    /// <summary>The run as it was submitted.</summary>
    public RunSpec Spec => stored.Spec;

    /// <summary>When it was accepted.</summary>
    public DateTimeOffset SubmittedAt => stored.SubmittedAt;

    /// <summary>Its chunks and its state.</summary>
    public RunLedger Ledger => ledger;

    /// <summary>The queue its chunks go to.</summary>
    public string ResourceClass { get; } = Messaging.Chunks.ResourceClass.Of(stored.Spec.Job);

    /// <summary>The last revision that was published.</summary>
    public long PublishedRevision { get; set; } = stored.Announced;

    /// <summary>The value of <see cref="PublishedRevision"/> that is in the store.</summary>
    public long StoredPublishedRevision { get; set; } = stored.Announced;

    /// <summary>
    /// The state that was last published to hosts; null when hosts may know any state. A new run runs, and hosts expect that. The state of a restored run is published
    /// again with its first change: a cancelled run that is retried still counts as cancelled on hosts.
    /// </summary>
    public RunState? HostsState { get; set; } = stored.State.Revision == 0 ? RunState.Running : null;

    /// <summary>Whether the run is settled, committed and published, so that its ledger need not be in memory.</summary>
    public bool IsDone => ledger is { FinishedAt: not null, HasChanges: false } && PublishedRevision >= ledger.Revision;

    /// <summary>The run in short.</summary>
    public RunOverview Overview() => new(Id, Spec.Name, ledger.State, ledger.Counts, SubmittedAt, ledger.FinishedAt, ledger.Revision);

    /// <summary>The message that carries a chunk to a host.</summary>
    public async ValueTask<RunChunk> MessageAsync(DispatchedChunk dispatched, string? traceParent, CancellationToken cancellation) => new()
    {
        Run = Id,
        Index = dispatched.Chunk.Index,
        Start = dispatched.Chunk.Start,
        Count = dispatched.Chunk.Count,
        Total = Spec.Dataset.Total,
        Attempt = dispatched.Attempt,
        Revision = ledger.Revision,
        CrashLimit = dispatched.CrashLimit,
        LostHosts = dispatched.LostHosts,
        ConfirmStart = dispatched.ConfirmStart,
        Job = Spec.Job,
        Items = await items.ReadAsync(dispatched.Chunk, cancellation),
        Columns = stored.Columns.Count > 0 ? stored.Columns : null,
        TraceParent = traceParent,
    };
}
