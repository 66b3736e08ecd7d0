using DistributedBatch.Producer.Storage;

namespace DistributedBatch.Producer.Runs;

/// <summary>For the loop: another producer has taken the ledger over, so the loop ends.</summary>
internal sealed record LedgerTakenOver(LedgerException Failure);
