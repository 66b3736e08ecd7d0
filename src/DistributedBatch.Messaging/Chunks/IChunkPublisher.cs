using DistributedBatch.Contracts.Messages;

namespace DistributedBatch.Messaging.Chunks;

/// <summary>The producer's side of the chunk queue: in the process for one box, RabbitMQ for a lab.</summary>
public interface IChunkPublisher
{
    /// <summary>Puts one chunk on the queue of its resource class; the task ends when it is safe there.</summary>
    /// <exception cref="ChunkUnpublishedException">The queue did not take it; whether it is there is unknown, so publish it again.</exception>
    ValueTask PublishAsync(RunChunk chunk, CancellationToken cancellation);
}
