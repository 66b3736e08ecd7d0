namespace DistributedBatch.Producer.Runs;

/// <summary>A successful attempt that somebody else has recorded, and of which the ledger may not know.</summary>
/// <param name="Index">Number of the chunk.</param>
/// <param name="Attempt">Number of the attempt.</param>
/// <param name="Host">The host that ran it.</param>
/// <param name="Duration">Wall time from start to exit.</param>
public readonly record struct RecordedSuccess(int Index, int Attempt, string Host, TimeSpan Duration);
