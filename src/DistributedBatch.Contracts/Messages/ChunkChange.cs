using DistributedBatch.Contracts.Chunks;

namespace DistributedBatch.Contracts.Messages;

/// <summary>New state of one chunk in the ledger.</summary>
/// <param name="Index">Number of the chunk.</param>
/// <param name="Start">First item.</param>
/// <param name="Count">Number of items.</param>
/// <param name="State">Its state now.</param>
/// <param name="Attempts">Attempts made so far, the running one included.</param>
/// <param name="Revision">Grows with every change in the run; an older revision than one already seen is ignored.</param>
/// <param name="NotBefore">When a pending chunk may be dispatched again; null for at once.</param>
public sealed record ChunkChange(int Index, long Start, long Count, ChunkState State, int Attempts, long Revision, DateTimeOffset? NotBefore = null);
