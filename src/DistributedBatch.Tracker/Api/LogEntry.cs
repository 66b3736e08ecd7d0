namespace DistributedBatch.Tracker.Api;

/// <summary>A log that can be read.</summary>
/// <param name="Index">Number of the chunk.</param>
/// <param name="Attempt">Number of the attempt.</param>
/// <param name="Stream"><c>out</c> or <c>err</c>.</param>
/// <param name="Bytes">Its size.</param>
public sealed record LogEntry(int Index, int Attempt, string Stream, long Bytes);
