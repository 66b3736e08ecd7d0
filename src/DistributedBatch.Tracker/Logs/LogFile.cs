namespace DistributedBatch.Tracker.Logs;

/// <summary>The log of one attempt.</summary>
/// <param name="Index">The number of the chunk.</param>
/// <param name="Attempt">The number of the attempt.</param>
/// <param name="Stream">The stream.</param>
/// <param name="Path">The file.</param>
/// <param name="Bytes">The current size.</param>
public sealed record LogFile(int Index, int Attempt, LogStream Stream, string Path, long Bytes);
