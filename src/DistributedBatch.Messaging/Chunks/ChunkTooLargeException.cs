namespace DistributedBatch.Messaging.Chunks;

/// <summary>A chunk is larger than the queue takes. To publish it again would fail again.</summary>
public sealed class ChunkTooLargeException(string message) : Exception(message);
