namespace DistributedBatch.Storage.Postgres;

/// <summary>The given text names no database. The message says how to name one.</summary>
public sealed class DatabaseNameException(string message, Exception? cause = null) : Exception(message, cause);
