using System.Threading.Channels;
using DistributedBatch.Contracts.Messages;
using DistributedBatch.Messaging.Bus;

namespace DistributedBatch.Tracker.Projection;

/// <summary>
/// Hears everything that happens and hands it to the one writer, <see cref="Projector"/>. A message counts as heard, and is acknowledged, when the
/// transaction that holds it is committed.
/// </summary>
internal sealed class ProjectionIntake(TimeProvider time) :
    IMessageHandler<RunSubmitted>, IMessageHandler<RunChanged>, IMessageHandler<AttemptReports>, IMessageHandler<HostHeartbeat>, IMessageHandler<LeaseTaken>
{
    /// <summary>Messages on their way; what does not fit waits with the broker.</summary>
    public const int Capacity = 1024;

    private readonly Channel<PendingMessage> pending = Channel.CreateBounded<PendingMessage>(
        new BoundedChannelOptions(Capacity) { SingleReader = true });

    /// <summary>Where the writer takes them.</summary>
    public ChannelReader<PendingMessage> Reader => pending.Reader;

    /// <inheritdoc/>
    public Task HandleAsync(RunSubmitted message, CancellationToken cancellation) => TakeAsync(message, cancellation);

    /// <inheritdoc/>
    public Task HandleAsync(RunChanged message, CancellationToken cancellation) => TakeAsync(message, cancellation);

    /// <inheritdoc/>
    public Task HandleAsync(AttemptReports message, CancellationToken cancellation) => TakeAsync(message, cancellation);

    /// <inheritdoc/>
    public Task HandleAsync(HostHeartbeat message, CancellationToken cancellation) => TakeAsync(message, cancellation);

    /// <inheritdoc/>
    public Task HandleAsync(LeaseTaken message, CancellationToken cancellation) => TakeAsync(message, cancellation);

    /// <summary>No more messages will come; the writer ends when it has written what it has.</summary>
    public void Close() => pending.Writer.TryComplete();

    private async Task TakeAsync(object message, CancellationToken cancellation)
    {
        var committed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await pending.Writer.WriteAsync(new PendingMessage(message, time.GetUtcNow(), committed), cancellation);
        await committed.Task.WaitAsync(cancellation);
    }
}
