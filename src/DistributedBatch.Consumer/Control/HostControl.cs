using DistributedBatch.Consumer.Attempts;
using DistributedBatch.Messaging.Bus;

namespace DistributedBatch.Consumer.Control;

/// <summary>
/// Handles the producer's messages to this host: the answer to its joining, and the request to take no chunks for a while. The end of a hold is timed here, for when the
/// producer is gone.
/// </summary>
internal sealed class HostControl(HostSettings host, AdmissionHold hold, HostJoin join, TimeProvider time) : IMessageHandler<HostControlMessage>, IDisposable
{
    private readonly Lock gate = new();
    private ITimer? end;

    /// <inheritdoc/>
    public Task HandleAsync(HostControlMessage message, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(message);
        if (message.Host != host.Name)
            return Task.CompletedTask;
        if (message.Admission is { } admission)
            return join.HandleAsync(admission, cancellation);
        lock (gate)
        {
            end?.Dispose();
            end = message is { OnHold: not null, For: { } limit }
                ? time.CreateTimer(_ => hold.SetByProducer(null), null, limit, Timeout.InfiniteTimeSpan)
                : null;
        }

        hold.SetByProducer(message.OnHold);
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public void Dispose() => end?.Dispose();
}
