namespace DistributedBatch.Messaging.Chunks;

/// <summary>The producer's side of the chunk queue: in the process for one box, RabbitMQ for a lab.</summary>
public interface IChunkPublisher
{
    /// <summary>How many bytes a chunk may have with its job and items; null for no limit.</summary>
    long? MaxChunkBytes { get; }

    /// <summary>Publishes one chunk to the queue of its resource class; the task ends when the queue has it safely.</summary>
    /// <exception cref="ChunkUnpublishedException">The queue did not confirm it. Publish it again.</exception>
    /// <exception cref="ChunkTooLargeException">It has more bytes than <see cref="MaxChunkBytes"/>. The message says what to do.</exception>
    ValueTask PublishAsync(RunChunk chunk, CancellationToken cancellation);
}
