namespace DistributedBatch.Messaging.Chunks;

/// <summary>The producer's side of the chunk queue: in the process for one box, RabbitMQ for a lab.</summary>
public interface IChunkPublisher
{
    /// <summary>Publishes one chunk to the queue of its resource class; the task ends when the queue has it safely.</summary>
    /// <exception cref="ChunkUnpublishedException">The queue did not confirm it. Publish it again.</exception>
    ValueTask PublishAsync(RunChunk chunk, CancellationToken cancellation);
}
