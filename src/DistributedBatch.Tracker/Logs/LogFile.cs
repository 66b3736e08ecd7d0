namespace DistributedBatch.Tracker.Logs;

/// <summary>The kept output of one attempt.</summary>
/// <param name="Index">Number of the chunk.</param>
/// <param name="Attempt">Number of the attempt.</param>
/// <param name="Stream">Which stream.</param>
/// <param name="Path">The file.</param>
/// <param name="Bytes">Its size now.</param>
public sealed record LogFile(int Index, int Attempt, LogStream Stream, string Path, long Bytes);
