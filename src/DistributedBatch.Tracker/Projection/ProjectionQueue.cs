using System.Threading.Channels;
using DistributedBatch.Messaging.Bus;

namespace DistributedBatch.Tracker.Projection;

/// <summary>
/// Receives all messages from the bus and queues them for the one writer, <see cref="Projector"/>. A message counts as handled, and is acknowledged, when the
/// transaction that holds it is committed.
/// </summary>
internal sealed class ProjectionQueue(TimeProvider time) :
    IMessageHandler<RunSubmitted>, IMessageHandler<RunChanged>, IMessageHandler<AttemptReports>, IMessageHandler<HostHeartbeat>, IMessageHandler<LeaseTaken>
{
    /// <summary>The most queued messages. More of them wait in the broker.</summary>
    public const int Capacity = 1024;

    private readonly Channel<PendingMessage> pending = Channel.CreateBounded<PendingMessage>(
        new BoundedChannelOptions(Capacity) { SingleReader = true });

    /// <summary>The queued messages, for the writer.</summary>
    public ChannelReader<PendingMessage> Reader => pending.Reader;

    /// <summary>The number of queued messages.</summary>
    public int Count => pending.Reader.Count;

    /// <inheritdoc/>
    public Task HandleAsync(RunSubmitted message, CancellationToken cancellation) => EnqueueAsync(message, cancellation);

    /// <inheritdoc/>
    public Task HandleAsync(RunChanged message, CancellationToken cancellation) => EnqueueAsync(message, cancellation);

    /// <inheritdoc/>
    public Task HandleAsync(AttemptReports message, CancellationToken cancellation) => EnqueueAsync(message, cancellation);

    /// <inheritdoc/>
    public Task HandleAsync(HostHeartbeat message, CancellationToken cancellation) => EnqueueAsync(message, cancellation);

    /// <inheritdoc/>
    public Task HandleAsync(LeaseTaken message, CancellationToken cancellation) => EnqueueAsync(message, cancellation);

    /// <summary>Accepts no more messages. The writer ends when the queue is empty.</summary>
    public void Close() => pending.Writer.TryComplete();

    private async Task EnqueueAsync(object message, CancellationToken cancellation)
    {
        var committed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await pending.Writer.WriteAsync(new PendingMessage(message, time.GetUtcNow(), committed), cancellation);
        await committed.Task.WaitAsync(cancellation);
    }
}
