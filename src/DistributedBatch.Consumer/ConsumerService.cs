using DistributedBatch.Consumer.Attempts;
using DistributedBatch.Consumer.Control;
using DistributedBatch.Consumer.Launcher;
using DistributedBatch.Consumer.Processes;
using DistributedBatch.Consumer.Reporting;
using DistributedBatch.Consumer.Slots;
using DistributedBatch.Consumer.Tuning;
using Microsoft.Extensions.Hosting;

namespace DistributedBatch.Consumer;

/// <summary>
/// One consumer: receives chunks into its slots, runs them, reports them. It stops in two phases. First it drains: no new chunk, and running attempts
/// finish. Then it cuts off: attempts that still run are stopped and released, which costs no attempt.
/// </summary>
public sealed partial class ConsumerService : IHostedService, IAsyncDisposable
{
    private static readonly TimeSpan LastHeartbeatTimeout = TimeSpan.FromSeconds(3);

    private readonly ConsumerOptions options;
    private readonly IProgramRunner runner;
    private readonly HostSlots slots;
    private readonly AdmissionHold hold;
    private readonly HostJoin join;
    private readonly RunningAttempts running;
    private readonly Reporter reporter;
    private readonly HeartbeatLoop heartbeats;
    private readonly HostStatusReader status;
    private readonly ResourceController resources;
    private readonly ConsumerLoops loops;
    private readonly TimeProvider time;
    private readonly ILogger<ConsumerService> logger;
    private readonly CancellationTokenSource ending = new();
    private Task looping = Task.CompletedTask;
    private int killed;

    internal ConsumerService(
        ConsumerOptions options,
        IProgramRunner runner,
        HostSlots slots,
        AdmissionHold hold,
        HostJoin join,
        RunningAttempts running,
        Reporter reporter,
        HeartbeatLoop heartbeats,
        HostStatusReader status,
        ResourceController resources,
        ConsumerLoops loops,
        TimeProvider time,
        ILogger<ConsumerService> logger)
    {
        (this.options, this.runner, this.slots, this.hold, this.join, this.running, this.reporter) = (options, runner, slots, hold, join, running, reporter);
        (this.heartbeats, this.status, this.resources, this.loops, this.time, this.logger) = (heartbeats, status, resources, loops, time, logger);
    }

    /// <summary>Number of open slots.</summary>
    public int Slots => status.Slots;

    /// <summary>Number of reports published so far. Within one process, a stop waits until the producer has handled as many.</summary>
    public long Reported => reporter.Published;

    /// <summary>Number of attempts that run now.</summary>
    public int Running => running.Count;

    /// <summary>Why there are as many slots as there are, in one line; null when the number was given.</summary>
    public string? SlotsReason => status.SlotsReason;

    /// <summary>Warnings about running attempts and about what the host cannot do now, each a sentence without full stop.</summary>
    public IReadOnlyList<string> Warnings => status.Warnings;

    /// <inheritdoc/>
    public Task StartAsync(CancellationToken cancellationToken)
    {
        // Not awaited: the first attempt waits for the launcher, and everything else starts meanwhile.
        if (runner is LauncherRunner launcher)
            _ = launcher.WarmUpAsync();
        reporter.Start();
        join.Begin();
        looping = loops.RunAsync(ending.Token);
        resources.OpenSlots();
        return Task.CompletedTask;
    }

    /// <summary>
    /// Receives no further chunk, and completes when no attempt runs and every report is confirmed. After <see cref="ConsumerOptions.Drain"/>, or
    /// when <paramref name="cancellation"/> is cancelled, running attempts are stopped and released, and a broker that cannot be reached is no longer
    /// waited for.
    /// </summary>
    public async Task DrainAsync(CancellationToken cancellation = default)
    {
        await using var registration = cancellation.Register(reporter.GiveUpSoon);
        Draining(logger, options.Host, running.Count);
        hold.SetStopping("The host drains: running chunks finish, no new ones are taken.");
        var idle = slots.IdleAsync();
        try
        {
            await idle.WaitAsync(options.Drain, time, cancellation);
        }
        catch (Exception failure) when (failure is TimeoutException or OperationCanceledException)
        {
            if (running.Count > 0)
                CuttingOff(logger, running.Count);
            running.Stop(_ => true, AttemptOutcome.Released, $"Host {options.Host} stopped before the chunk was done.");
            reporter.GiveUpSoon();
            await idle;
        }

        await reporter.FlushedAsync();
    }

    /// <summary>Stops running attempts and releases them, without waiting for their end. May be called during <see cref="DrainAsync"/>.</summary>
    public void Kill()
    {
        if (Interlocked.Exchange(ref killed, 1) != 0)
            return;
        hold.SetStopping("The host stops.");
        running.Stop(_ => true, AttemptOutcome.Released, $"Host {options.Host} was stopped.");
    }

    /// <inheritdoc/>
    /// <exception cref="HostRefusedException">The producer refused this host, which is why it stops.</exception>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await DrainAsync(cancellationToken);
        await ending.CancelAsync();
        await looping;
        await reporter.StopAsync();
        await slots.DisposeAsync();
        await SendLastHeartbeatAsync(cancellationToken);
        if (options.EndsWhenRefused && join.Refusal is { } refusal)
            throw new HostRefusedException(refusal);
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        ending.Dispose();
        return ValueTask.CompletedTask;
    }

    // Without it, producer and tracker notice only later that the host is gone.
    private async Task SendLastHeartbeatAsync(CancellationToken cancellation)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(LastHeartbeatTimeout);
        try
        {
            await heartbeats.SendAsync(status.Read(), stopping: true, limit.Token);
        }
        catch (OperationCanceledException)
        {
            // The broker cannot be reached in time.
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Host {Host} stops when {Count} running chunks are done and reported; a second request stops it at once.")]
    private static partial void Draining(ILogger logger, string host, int count);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Count} attempts did not finish in time; they are stopped and released.")]
    private static partial void CuttingOff(ILogger logger, int count);
}
