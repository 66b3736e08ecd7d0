namespace DistributedBatch.Storage.Connections;

/// <summary>This process was the single writer, lost its connection, and another process became the writer meanwhile.</summary>
/// <param name="place">Where the database is.</param>
public sealed class WriterReplacedException(string place) : Exception(
    $"{place} was taken over by another process while this one had no connection to it.");
