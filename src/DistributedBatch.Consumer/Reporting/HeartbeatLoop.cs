using DistributedBatch.Consumer.Slots;
using DistributedBatch.Messaging.Bus;

namespace DistributedBatch.Consumer.Reporting;

/// <summary>Tells regularly, and at once when something changed, that the host lives, how it is and what it runs.</summary>
internal sealed partial class HeartbeatLoop(
    MessageBus bus, ConsumerOptions options, RunningAttempts running, TimeProvider time, ILogger<HeartbeatLoop> logger) : IDisposable
{
    private readonly SemaphoreSlim changed = new(0);

    /// <summary>Asks for a heartbeat now.</summary>
    public void Changed()
    {
        if (changed.CurrentCount == 0)
            changed.Release();
    }

    /// <summary>Beats until cancelled.</summary>
    /// <param name="status">The host as it is when asked.</param>
    /// <param name="cancellation">Ends it.</param>
    public async Task RunAsync(Func<HostStatus> status, CancellationToken cancellation)
    {
        while (!cancellation.IsCancellationRequested)
        {
            await BeatAsync(status(), stopping: false, cancellation);
            await changed.WaitAsync(options.Heartbeat, cancellation);
        }
    }

    /// <summary>Sends one heartbeat. That a broker is away is no error: the next one tells more than this one.</summary>
    public async Task BeatAsync(HostStatus status, bool stopping, CancellationToken cancellation)
    {
        var attempts = running.All
            .Select(attempt => new RunningAttempt(
                attempt.Chunk.Run, attempt.Chunk.Index, attempt.Number, attempt.Slot, attempt.StartedAt, attempt.Leased))
            .OrderBy(attempt => attempt.Slot);
        try
        {
            await bus.PublishAsync(new HostHeartbeat(status, time.GetUtcNow(), [.. attempts], stopping), cancellation);
        }
        catch (Exception failure) when (failure is not OperationCanceledException and not OutOfMemoryException)
        {
            Unsent(logger, failure.Message);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => changed.Dispose();

    [LoggerMessage(Level = LogLevel.Warning, Message = "A heartbeat could not be sent: {Cause}")]
    private static partial void Unsent(ILogger logger, string cause);
}
