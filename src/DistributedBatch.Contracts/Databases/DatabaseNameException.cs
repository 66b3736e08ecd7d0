namespace DistributedBatch.Contracts.Databases;

/// <summary>What was given names no database. The message says how one is named.</summary>
public sealed class DatabaseNameException(string message, Exception? cause = null) : Exception(message, cause);
