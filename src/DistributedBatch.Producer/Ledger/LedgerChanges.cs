namespace DistributedBatch.Producer.Ledger;

/// <summary>What changed in a run since its last commit.</summary>
/// <param name="State">The run now.</param>
/// <param name="Chunks">The chunks that changed; empty when only the run did.</param>
internal sealed record LedgerChanges(LedgerState State, IReadOnlyList<ChunkRow> Chunks);
