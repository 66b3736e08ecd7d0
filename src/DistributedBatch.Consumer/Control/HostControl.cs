using DistributedBatch.Messaging.Bus;

namespace DistributedBatch.Consumer.Control;

/// <summary>Whether the producer wants this host to take no chunks for a while. The time is counted here, whatever becomes of the producer.</summary>
internal sealed class HostControl(ConsumerOptions options, TimeProvider time) : IMessageHandler<HostControlMessage>, IDisposable
{
    private readonly Lock turn = new();
    private ITimer? end;

    /// <summary>Told why no chunks are to be taken, or null when they are to be taken again.</summary>
    public Action<string?>? Changed { get; set; }

    /// <inheritdoc/>
    public Task HandleAsync(HostControlMessage message, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(message);
        if (message.Host != options.Host)
            return Task.CompletedTask;
        lock (turn)
        {
            end?.Dispose();
            end = message is { OnHold: not null, For: { } limit } ? time.CreateTimer(_ => Changed?.Invoke(null), null, limit, Timeout.InfiniteTimeSpan) : null;
        }

        Changed?.Invoke(message.OnHold);
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public void Dispose() => end?.Dispose();
}
