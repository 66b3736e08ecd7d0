using DistributedBatch.Contracts.Messages;
using DistributedBatch.Contracts.Runs;
using DistributedBatch.Producer.Intake;
using DistributedBatch.Producer.Ledger;
using DistributedBatch.Producer.Storage;

namespace DistributedBatch.Producer.Dispatch;

/// <summary>A run whose ledger is in memory.</summary>
/// <param name="stored">What was asked for.</param>
/// <param name="ledger">Where it stands.</param>
/// <param name="store">Where its items are.</param>
internal sealed class ActiveRun(StoredRun stored, RunLedger ledger, ILedgerStore store)
{
    private readonly ItemReader items = new(stored, store);

    /// <summary>Its id.</summary>
    public RunId Id => stored.Id;

    /// <summary>What was asked for.</summary>
    public StoredRun Stored => stored;

    /// <summary>Where it stands.</summary>
    public RunLedger Ledger => ledger;

    /// <summary>The queue its chunks go to.</summary>
    public string ResourceClass { get; } = Messaging.Chunks.ResourceClass.Of(stored.Spec.Job);

    /// <summary>The last revision that was published.</summary>
    public long Announced { get; set; } = stored.Announced;

    /// <summary>What hosts were told last: running, paused or cancelled.</summary>
    public RunState Steered { get; set; } = RunState.Running;

    /// <summary>Its claim on the next free place.</summary>
    public FairShare.Claim Claim => new(stored.Spec.Priority, stored.Spec.Weight, ledger.Outstanding);

    /// <summary>The run in a few words.</summary>
    public RunOverview Overview() => new(Id, stored.Spec.Name, ledger.State, ledger.Counts, stored.SubmittedAt, ledger.FinishedAt, ledger.Revision);

    /// <summary>The message that carries <paramref name="feed"/> to a host.</summary>
    public async ValueTask<RunChunk> MessageAsync(DispatchedChunk feed, string? traceParent, CancellationToken cancellation) => new()
    {
        Run = Id,
        Index = feed.Chunk.Index,
        Start = feed.Chunk.Start,
        Count = feed.Chunk.Count,
        Total = stored.Spec.Dataset.Total,
        Attempt = feed.Attempt,
        CrashLimit = feed.CrashLimit,
        LostHosts = feed.LostHosts,
        Job = stored.Spec.Job,
        Items = await items.ReadAsync(feed.Chunk, cancellation),
        Columns = stored.Columns.Count > 0 ? stored.Columns : null,
        TraceParent = traceParent,
    };
}
