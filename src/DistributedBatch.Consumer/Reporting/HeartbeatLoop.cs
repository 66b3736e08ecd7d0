using DistributedBatch.Consumer.Attempts;
using DistributedBatch.Consumer.Control;
using DistributedBatch.Messaging.Bus;
using DistributedBatch.Messaging.Chunks;
using DistributedBatch.Messaging.Connections;

namespace DistributedBatch.Consumer.Reporting;

/// <summary>Sends heartbeats: the state of the host and its running attempts, at an interval and at once after a change.</summary>
internal sealed partial class HeartbeatLoop : IDisposable
{
    // Less than the 30 s after which the producer dispatches the leased chunks of a silent host again.
    private static readonly TimeSpan LongSilence = TimeSpan.FromSeconds(20);

    // A broker that can be reached confirms much sooner. A heartbeat that waited for the end of an outage would tell what ran before it.
    private static readonly TimeSpan SendTimeout = TimeSpan.FromSeconds(5);

    private readonly SemaphoreSlim due = new(0);
    private readonly MessageBus bus;
    private readonly BrokerHealth broker;
    private readonly ReportingOptions options;
    private readonly RunningAttempts running;
    private readonly RunControl runs;
    private readonly HostJoin join;
    private readonly TimeProvider time;
    private readonly ILogger<HeartbeatLoop> logger;
    private long lastSent;

    public HeartbeatLoop(
        MessageBus bus, BrokerHealth broker, ReportingOptions options, RunningAttempts running, RunControl runs, HostJoin join, TimeProvider time, ILogger<HeartbeatLoop> logger)
    {
        (this.bus, this.broker, this.options, this.running, this.runs, this.join, this.time, this.logger) = (bus, broker, options, running, runs, join, time, logger);
        lastSent = time.GetTimestamp();
        broker.Changed += SendNow;
        runs.HeartbeatWanted += SendNow;
    }

    /// <summary>Asks for a heartbeat now.</summary>
    public void SendNow()
    {
        if (due.CurrentCount == 0)
            due.Release();
    }

    /// <summary>Sends heartbeats until cancelled.</summary>
    /// <param name="status">Reads the state of the host.</param>
    /// <param name="cancellation">Ends the loop.</param>
    public async Task RunAsync(Func<HostStatus> status, CancellationToken cancellation)
    {
        while (!cancellation.IsCancellationRequested)
        {
            await SendAsync(status(), stopping: false, cancellation);
            await due.WaitAsync(options.Heartbeat, cancellation);
        }
    }

    /// <summary>Sends one heartbeat. One that fails or takes long is given up, because the next heartbeat tells more than this one.</summary>
    public async Task SendAsync(HostStatus status, bool stopping, CancellationToken cancellation)
    {
        var attempts = running.All
            .Select(attempt => new RunningAttempt(
                attempt.Chunk.Run, attempt.Chunk.Index, attempt.Number, attempt.Slot, attempt.StartedAt, attempt.Leased, ResourceClass.Of(attempt.Chunk)))
            .OrderBy(attempt => attempt.Slot);
        using var limit = new CancellationTokenSource(SendTimeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellation);
        try
        {
            var heartbeat = new HostHeartbeat(status, time.GetUtcNow(), [.. attempts], stopping) { Instance = join.Instance, Joining = join.IsWaiting };
            await bus.PublishAsync(heartbeat, either.Token);
            if (time.GetElapsedTime(lastSent) > LongSilence)
                running.All.ToList().ForEach(attempt => attempt.RecordSilence());
            lastSent = time.GetTimestamp();
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            // The bus has said why.
        }
        catch (Exception failure) when (failure is not OperationCanceledException and not OutOfMemoryException)
        {
            NotSent(logger, failure.Message);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        broker.Changed -= SendNow;
        runs.HeartbeatWanted -= SendNow;
        due.Dispose();
    }

    private void SendNow(BrokerState state) => SendNow();

    [LoggerMessage(Level = LogLevel.Warning, Message = "A heartbeat could not be sent: {Cause}")]
    private static partial void NotSent(ILogger logger, string cause);
}
