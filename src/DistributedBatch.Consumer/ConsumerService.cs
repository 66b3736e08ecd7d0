using DistributedBatch.Consumer.Control;
using DistributedBatch.Consumer.Execution;
using DistributedBatch.Consumer.Gpus;
using DistributedBatch.Consumer.Launcher;
using DistributedBatch.Consumer.Processes;
using DistributedBatch.Consumer.Reporting;
using DistributedBatch.Consumer.Resources;
using DistributedBatch.Consumer.Slots;
using DistributedBatch.Consumer.Threads;
using DistributedBatch.Consumer.Tuning;
using DistributedBatch.Consumer.Warm;
using DistributedBatch.Messaging.Chunks;
using DistributedBatch.Messaging.Connections;
using Microsoft.Extensions.Hosting;

namespace DistributedBatch.Consumer;

/// <summary>
/// One consumer: takes chunks into its slots, runs them, reports them. Stops in two phases: <em>drain</em> (no new chunk, running attempts finish), then
/// <em>cut off</em> (what still runs is stopped and released; that costs no attempt).
/// </summary>
public sealed partial class ConsumerService : IHostedService, IAsyncDisposable
{
    private const int FirstGpuSlot = 1000;
    private static readonly TimeSpan Goodbye = TimeSpan.FromSeconds(3);

    private readonly ConsumerOptions options;
    private readonly IProgramRunner processes;
    private readonly Reporter reporter;
    private readonly HeartbeatLoop heartbeats;
    private readonly AttemptWatch watch;
    private readonly ThreadWatch threads;
    private readonly RunningAttempts running;
    private readonly ResourceController resources;
    private readonly GpuAllocator gpus;
    private readonly MachineProbe machine;
    private readonly WarmStart warm;
    private readonly BrokerHealth broker;
    private readonly IHostApplicationLifetime lifetime;
    private readonly TimeProvider time;
    private readonly ILogger<ConsumerService> logger;
    private readonly CancellationTokenSource ending = new();
    private readonly ScratchRoot scratch;
    private readonly SlotPool pool;
    private readonly SlotPool gpuPool;
    private Task loops = Task.CompletedTask;
    private readonly AdmissionHold hold;
    private int killed;

    internal ConsumerService(
        ConsumerOptions options,
        IProgramRunner processes,
        SlotContext work,
        ThreadShare share,
        HeartbeatLoop heartbeats,
        AttemptWatch watch,
        ThreadWatch threads,
        ResourceController resources,
        GpuAllocator gpus,
        HostControl steered,
        ExclusiveRun solo,
        MachineProbe machine,
        WarmStart warm,
        BrokerHealth broker,
        IHostApplicationLifetime lifetime,
        ILogger<ConsumerService> logger)
    {
        (this.options, this.processes, this.heartbeats, this.watch, this.threads, this.resources, this.gpus, this.machine) =
            (options, processes, heartbeats, watch, threads, resources, gpus, machine);
        (this.warm, this.broker, this.lifetime, this.logger) = (warm, broker, lifetime, logger);
        (reporter, running, time) = (work.Reporter, work.Running, work.Time);
        scratch = ScratchRoot.Take(options.DataDirectory);
        pool = new SlotPool(scratch.Path, ResourceClass.Cpu, firstNumber: 0, share, work) { Changed = heartbeats.Changed };

        // Their numbers go on where no other slot will ever be, because a slot number is a scratch directory.
        gpuPool = new SlotPool(scratch.Path, ResourceClass.Gpu, firstNumber: FirstGpuSlot, share: null, work) { Changed = heartbeats.Changed };
        gpus.SlotsChanged = gpuPool.Resize;
        hold = new AdmissionHold(HoldBoth);
        steered.Changed = hold.Steer;
        (solo.Changed, solo.OthersIdle) = (hold.Solo, slot => IdleAsync(slot));
        broker.Changed += Tell;
    }

    /// <summary>Slots open now.</summary>
    public int Slots => pool.Target + gpuPool.Target;

    /// <summary>Reports published so far; within one process a stop waits until the producer has heard as many.</summary>
    public long Reported => reporter.Reported;

    /// <summary>Attempts that run now.</summary>
    public int Running => running.Count;

    /// <summary>Why there are as many slots as there are, in one line; null when the number was given.</summary>
    public string? SlotsReason => resources.Reason;

    /// <summary>What people should know about the attempts, each a sentence without full stop.</summary>
    public IReadOnlyList<string> Warnings => threads.Warnings;

    /// <inheritdoc/>
    public Task StartAsync(CancellationToken cancellationToken)
    {
        // Not waited for: the first attempt does that, and everything else starts meanwhile.
        if (processes is LauncherRunner launcher)
            _ = launcher.WarmUpAsync();
        reporter.Start();
        loops = Task.WhenAll(
            Task.Run(() => UntilCancelledAsync(heartbeats.RunAsync(Status, ending.Token)), CancellationToken.None),
            Task.Run(() => UntilCancelledAsync(gpus.RunAsync(ending.Token)), CancellationToken.None),
            Task.Run(() => UntilCancelledAsync(watch.RunAsync(ending.Token)), CancellationToken.None),
            Task.Run(() => UntilCancelledAsync(threads.RunAsync(ending.Token)), CancellationToken.None),
            Task.Run(() => UntilCancelledAsync(resources.RunAsync(pool, ending.Token)), CancellationToken.None),
            Task.Run(() => UntilCancelledAsync(LeaveWhenIdleAsync(ending.Token)), CancellationToken.None));
        pool.Resize(resources.FirstSlots);
        return Task.CompletedTask;
    }

    /// <summary>
    /// Takes no further chunk and completes when nothing runs any more and everything is reported. After <see cref="ConsumerOptions.Drain"/>, or when
    /// <paramref name="cancellation"/> says so, what still runs is stopped and released, and a broker that is away is not waited for any longer.
    /// </summary>
    public async Task DrainAsync(CancellationToken cancellation = default)
    {
        await using var hurry = cancellation.Register(reporter.HurryUp);
        Draining(logger, options.Host, running.Count);
        hold.Leave("The host drains: running chunks finish, no new ones are taken.");
        var idle = IdleAsync();
        try
        {
            await idle.WaitAsync(options.Drain, time, cancellation);
        }
        catch (Exception failure) when (failure is TimeoutException or OperationCanceledException)
        {
            if (running.Count > 0)
                CutOff(logger, running.Count);
            running.Stop(_ => true, AttemptOutcome.Released, $"Host {options.Host} stopped before the chunk was done.");
            reporter.HurryUp();
            await idle;
        }

        await reporter.FlushedAsync();
    }

    /// <summary>Stops what runs and releases it, without waiting for it to finish. May be called during <see cref="DrainAsync"/>.</summary>
    public void Kill()
    {
        if (Interlocked.Exchange(ref killed, 1) != 0)
            return;
        hold.Leave("The host stops.");
        running.Stop(_ => true, AttemptOutcome.Released, $"Host {options.Host} was stopped.");
    }

    /// <inheritdoc/>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await DrainAsync(cancellationToken);
        await ending.CancelAsync();
        await loops;
        await reporter.StopAsync();
        await SayGoodbyeAsync(cancellationToken);
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        broker.Changed -= Tell;
        ending.Dispose();
        pool.Dispose();
        gpuPool.Dispose();
        scratch.Dispose();
        return ValueTask.CompletedTask;
    }

    // A courtesy: without it, or without the broker, the others miss the host a little later.
    private async Task SayGoodbyeAsync(CancellationToken cancellation)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(Goodbye);
        try
        {
            await heartbeats.BeatAsync(Status(), stopping: true, limit.Token);
        }
        catch (OperationCanceledException)
        {
            // Then not.
        }
    }

    private void Tell(BrokerState state) => heartbeats.Changed();

    private void HoldBoth(string? reason)
    {
        pool.Hold(reason);
        gpuPool.Hold(reason);
    }

    private Task IdleAsync(int? except = null) => Task.WhenAll(pool.IdleAsync(except), gpuPool.IdleAsync(except));

    private static async Task UntilCancelledAsync(Task loop)
    {
        try
        {
            await loop;
        }
        catch (OperationCanceledException)
        {
            // Its way to end.
        }
    }

    private async Task LeaveWhenIdleAsync(CancellationToken cancellation)
    {
        if (options.IdleExit is not { } patience)
            return;
        var idleSince = time.GetTimestamp();
        var ended = running.Done().Chunks;
        while (time.GetElapsedTime(idleSince) < patience)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(Math.Clamp(patience.TotalMilliseconds / 10, 10, 1000)), time, cancellation);
            if (running.Count > 0 || running.Done().Chunks != ended)
                (idleSince, ended) = (time.GetTimestamp(), running.Done().Chunks);
        }

        LeftIdle(logger, patience.TotalSeconds);
        lifetime.StopApplication();
    }

    private HostStatus Status()
    {
        var reading = machine.Read();
        var cards = gpus.Status();
        return new HostStatus
        {
            Name = options.Host,
            Version = options.Version,
            Cores = reading.Cores,
            Slots = Slots,
            SlotsReason = SlotsReason,
            MemoryBytes = reading.MemoryBytes,
            MemoryAvailableBytes = reading.MemoryAvailableBytes,
            CpuBusy = reading.CpuBusy,
            OnHold = pool.OnHold,
            BrokerTrouble = broker.LastTrouble,
            Gpus = cards,
            Warm = warm.Summaries(),
            Warnings = Warnings,
            Classes = cards.Count > 0 ? [ResourceClass.Cpu, ResourceClass.Gpu] : [ResourceClass.Cpu],
        };
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Host {Host} stops: {Count} running chunks may finish and be reported; asked again it stops at once.")]
    private static partial void Draining(ILogger logger, string host, int count);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Count} attempts did not finish in time; they are stopped and released.")]
    private static partial void CutOff(ILogger logger, int count);

    [LoggerMessage(Level = LogLevel.Information, Message = "Nothing to do for {Seconds} s; the program ends.")]
    private static partial void LeftIdle(ILogger logger, double seconds);
}
