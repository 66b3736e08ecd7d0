using DistributedBatch.Producer.Ledger;

namespace DistributedBatch.Producer.Storage;

/// <summary>The changes of one run in a group commit.</summary>
/// <param name="Run">The run.</param>
/// <param name="Changes">What changed.</param>
/// <param name="Announced">See <see cref="StoredRun.Announced"/>.</param>
internal sealed record RunCommit(RunId Run, LedgerChanges Changes, long Announced);
