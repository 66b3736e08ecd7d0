using DistributedBatch.Contracts.Runs;
using DistributedBatch.Producer.Ledger;

namespace DistributedBatch.Producer.Storage;

/// <summary>What one group commit writes of one run.</summary>
/// <param name="Run">The run.</param>
/// <param name="Changes">What changed.</param>
/// <param name="Announced">See <see cref="StoredRun.Announced"/>.</param>
internal sealed record RunCommit(RunId Run, LedgerChanges Changes, long Announced);
