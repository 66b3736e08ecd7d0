namespace DistributedBatch.Producer.Ledger;

/// <summary>A chunk to publish now.</summary>
/// <param name="Chunk">Its items.</param>
/// <param name="Attempt">Number of the attempt.</param>
/// <param name="CrashLimit">How many more lost hosts make it fail.</param>
/// <param name="LostHosts">How many hosts it was lost with so far.</param>
/// <param name="ConfirmStart">Whether the host must report its start before it starts it.</param>
/// <param name="IsNew">Whether it was cut for this dispatch.</param>
internal readonly record struct DispatchedChunk(ChunkRange Chunk, int Attempt, int CrashLimit, int LostHosts, bool ConfirmStart, bool IsNew);
