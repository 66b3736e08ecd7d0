using System.Collections.Concurrent;
using System.Threading.Channels;
using DistributedBatch.Contracts.Messages;

namespace DistributedBatch.Messaging.Chunks;

/// <summary>
/// The chunk queue of one box: a bounded channel per resource class. A full channel makes the feed wait, which is the bounded channel of the article this
/// project was made from.
/// </summary>
/// <param name="capacity">Chunks that may wait in one class; further ones make the publisher wait.</param>
public sealed class InProcessChunkQueue(int capacity = InProcessChunkQueue.DefaultCapacity) : IChunkPublisher, IChunkSource
{
    /// <summary>As many as a queue of the broker takes by default. The producer's window grows with the slots and stays far below.</summary>
    public const int DefaultCapacity = 1_000_000;

    private readonly ConcurrentDictionary<string, Channel<Waiting>> classes = new();

    /// <inheritdoc/>
    public ValueTask PublishAsync(RunChunk chunk, CancellationToken cancellation) =>
        ClassOf(ResourceClass.Of(chunk)).Writer.WriteAsync(new Waiting(chunk), cancellation);

    /// <inheritdoc/>
    public ValueTask<IChunkLane> OpenAsync(string name, string resourceClass, CancellationToken cancellation) =>
        ValueTask.FromResult<IChunkLane>(new Lane(ClassOf(resourceClass)));

    private Channel<Waiting> ClassOf(string resourceClass) => classes.GetOrAdd(
        resourceClass,
        static (_, size) => Channel.CreateBounded<Waiting>(size),
        capacity);

    private readonly record struct Waiting(RunChunk Chunk, bool Returned = false);

    private sealed class Lane(Channel<Waiting> queue) : IChunkLane
    {
        private Delivery? current;

        public bool RunsLow => !queue.Reader.TryPeek(out _);

        // Beyond the queue there is the feed, which waits for reports.
        public bool IsSpent => true;

        public async ValueTask<ChunkDelivery> ReceiveAsync(CancellationToken cancellation)
        {
            var waiting = await queue.Reader.ReadAsync(cancellation);
            return current = new Delivery { Chunk = waiting.Chunk, Returned = waiting.Returned };
        }

        public async ValueTask DisposeAsync()
        {
            if (current is { Settled: false } unsettled)
                await queue.Writer.WriteAsync(Lost(unsettled.Chunk));
            current = null;
        }

        private static Waiting Lost(RunChunk chunk) => chunk.CrashLimit <= 1
            ? new Waiting(chunk, Returned: true)
            : new Waiting(chunk with { Attempt = chunk.Attempt + 1, LostHosts = chunk.LostHosts + 1, CrashLimit = chunk.CrashLimit - 1 });
    }

    private sealed class Delivery : ChunkDelivery
    {
        public bool Settled { get; private set; }

        public override CancellationToken Lost => CancellationToken.None;

        public override void Done() => Settled = true;

        public override ValueTask FlushAsync() => ValueTask.CompletedTask;

        // Within one process both sides are the same program, so a chunk it cannot read is a bug and not an input.
        public override ValueTask RejectAsync(string reason) =>
            throw new InvalidOperationException($"Chunk {Chunk.Index} of run {Chunk.Run} cannot be run by the program that fed it: {reason}");
    }
}
