namespace DistributedBatch.Messaging.Chunks;

/// <summary>The consumer's side of the chunk queue: in the process for one box, RabbitMQ for a lab.</summary>
public interface IChunkSource
{
    /// <summary>Why chunks are not taken although slots are free, as a sentence without full stop; null when they are taken.</summary>
    string? Warning { get; }

    /// <summary>Opens the buffer of one host for one resource class. Nothing is received before its <see cref="IChunkBuffer.Slots"/> are set.</summary>
    /// <param name="host">Name of the host, for people who look at the broker.</param>
    /// <param name="resourceClass">Queue to receive from, see <see cref="ResourceClass"/>.</param>
    IChunkBuffer Open(string host, string resourceClass);
}
