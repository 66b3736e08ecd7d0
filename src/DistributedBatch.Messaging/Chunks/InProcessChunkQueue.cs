using System.Collections.Concurrent;
using System.Threading.Channels;

namespace DistributedBatch.Messaging.Chunks;

/// <summary>
/// The chunk queue of one box: an in-memory channel per resource class. The producer's window bounds what lies in it, as the bounded channel did in the article
/// that this project was made from.
/// </summary>
public sealed class InProcessChunkQueue : IChunkPublisher, IChunkSource
{
    private readonly ConcurrentDictionary<string, Channel<RunChunk>> classes = new();

    /// <inheritdoc/>
    public long? MaxChunkBytes => null;

    /// <inheritdoc/>
    public ValueTask PublishAsync(RunChunk chunk, CancellationToken cancellation) =>
        QueueOf(ResourceClass.Of(chunk)).Writer.WriteAsync(chunk, cancellation);

    /// <inheritdoc/>
    public string? Warning => null;

    /// <inheritdoc/>
    public IChunkBuffer Open(string host, string resourceClass) => new Buffer(QueueOf(resourceClass));

    private Channel<RunChunk> QueueOf(string resourceClass) => classes.GetOrAdd(resourceClass, static _ => Channel.CreateUnbounded<RunChunk>());

    private sealed class Buffer(Channel<RunChunk> queue) : IChunkBuffer
    {
        public int Slots { get; set; }

        public bool IsLow => !queue.Reader.TryPeek(out _);

        // What the producer has not dispatched yet waits for reports.
        public bool IsFull => true;

        public async ValueTask<ChunkDelivery> ReceiveAsync(CancellationToken cancellation) =>
            new Delivery { Chunk = await queue.Reader.ReadAsync(cancellation) };

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }

    private sealed class Delivery : ChunkDelivery
    {
        public override CancellationToken Lost => CancellationToken.None;

        public override void Finished()
        {
        }

        public override void Settle()
        {
        }

        public override ValueTask FlushAsync() => ValueTask.CompletedTask;

        public override ValueTask LeaseAsync() => ValueTask.CompletedTask;

        // Producer and consumer are the same program here, so a chunk that it cannot read is a bug and not an input.
        public override ValueTask RejectAsync(string reason) =>
            throw new InvalidOperationException($"Chunk {Chunk.Index} of run {Chunk.Run} cannot be run by the program that dispatched it: {reason}");
    }
}
