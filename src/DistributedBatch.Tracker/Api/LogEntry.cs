namespace DistributedBatch.Tracker.Api;

/// <summary>A log.</summary>
/// <param name="Index">The number of the chunk.</param>
/// <param name="Attempt">The number of the attempt.</param>
/// <param name="Stream"><c>out</c> or <c>err</c>.</param>
/// <param name="Bytes">The size.</param>
public sealed record LogEntry(int Index, int Attempt, string Stream, long Bytes);
