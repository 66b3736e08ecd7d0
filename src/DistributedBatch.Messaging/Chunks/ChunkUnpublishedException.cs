namespace DistributedBatch.Messaging.Chunks;

/// <summary>The chunk queue did not confirm a chunk.</summary>
public sealed class ChunkUnpublishedException(string message, Exception? cause = null) : Exception(message, cause);
