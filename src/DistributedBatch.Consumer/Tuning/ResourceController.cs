using DistributedBatch.Consumer.Attempts;
using DistributedBatch.Consumer.Linux;
using DistributedBatch.Consumer.Resources;
using DistributedBatch.Consumer.Slots;
using DistributedBatch.Consumer.Warm;

namespace DistributedBatch.Consumer.Tuning;

/// <summary>
/// Measures the machine and adjusts the number of slots: by the tuner's advice, unless the number is given, and never beyond what memory allows. When
/// memory is about to run out, it stops the youngest attempts before the kernel kills others.
/// </summary>
internal sealed partial class ResourceController
{
    // A program can fill gigabytes in a second, so memory is checked more often than throughput.
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(100);
    private const int ChecksPerSample = 10;
    private static readonly TimeSpan MaxMemoryAlarm = TimeSpan.FromMinutes(1);

    private readonly SlotPool pool;
    private readonly RunningAttempts running;
    private readonly MemoryEstimates estimates;
    private readonly WarmStart warm;
    private readonly MachineProbe machine;
    private readonly TimeProvider time;
    private readonly ILogger<ResourceController> logger;
    private readonly TunerLimits limits;
    private readonly int? givenSlots;
    private readonly SlotTuner? tuner;
    private readonly Lock tuning = new();
    private WorkTotals lastTotals;
    private MemoryAlarm? alarm;
    private long previousAvailableBytes;
    private long lastSampleAt;

    public ResourceController(
        SlotOptions options,
        HostSlots slots,
        RunningAttempts running,
        MemoryEstimates estimates,
        WarmStart warm,
        MachineProbe machine,
        TimeProvider time,
        ILogger<ResourceController> logger)
    {
        (pool, this.running, this.estimates, this.warm, this.machine, this.time, this.logger) = (slots.CpuSlots, running, estimates, warm, machine, time, logger);
        var reading = machine.Read();
        limits = new TunerLimits
        {
            Cores = reading.Cores,
            MemoryReserveBytes = MemoryReservations.ReserveOf(reading.MemoryBytes),
        };
        givenSlots = options.Slots;
        tuner = givenSlots is null ? new SlotTuner(limits) : null;
        running.RunBegan += StartOver;
    }

    /// <summary>Why there are as many slots as there are; null when the number was given and memory allows it.</summary>
    public string? Reason { get; private set; }

    /// <summary>Opens the first slots.</summary>
    public void OpenSlots() => pool.Resize(givenSlots ?? tuner!.Current.Slots);

    /// <summary>Measures and adjusts until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        Reason = tuner?.Current.Reason;
        lastSampleAt = time.GetTimestamp();
        using var timer = new PeriodicTimer(Interval, time);
        for (var check = 1; await timer.WaitForNextTickAsync(cancellation); check++)
        {
            if (running.Count > 0)
                GuardMemory();
            else
                previousAvailableBytes = 0;
            if (check % ChecksPerSample == 0)
                Adjust();
        }
    }

    // After an alarm no further attempt begins until one has succeeded: the attempts that are left may still grow, and only one that ended shows how
    // far. The alarm ends after a minute in any case, for runs in which nothing succeeds.
    private sealed record MemoryAlarm(int Slots, long ItemsDone, long RaisedAt);

    private void GuardMemory()
    {
        var available = machine.AvailableBytes();
        (var previous, previousAvailableBytes) = (previousAvailableBytes, available);
        if (!MemoryGuard.IsAlarm(available, previous, limits.MemoryReserveBytes))
            return;

        // Interpreters that wait for their next chunk go first: that costs nobody any work.
        if (warm.EndIdle() is > 0 and var ended)
        {
            EndedForMemory(logger, ended, available >> 20);
            return;
        }

        var attempts = running.All.Where(attempt => !attempt.Process.HasEnded).Select(attempt => (attempt, attempt.StartedAt, HeldBytes(attempt))).ToList();
        foreach (var (attempt, _, bytes) in attempts)
            estimates.LearnRunning(attempt.Chunk.Run, bytes);
        var toStop = MemoryGuard.ToStop(attempts, available, previous, limits.MemoryReserveBytes);
        alarm = new MemoryAlarm(Math.Max(1, attempts.Count - toStop.Count), running.Totals().Items, time.GetTimestamp());
        pool.Resize(Math.Min(pool.Target, alarm.Slots));
        foreach (var attempt in toStop)
        {
            if (!attempt.StopProgram(AttemptOutcome.Released, $"Memory ran short on {attempt.Host}; the youngest attempts were stopped and run again later."))
                continue;
            StoppedForMemory(logger, attempt.Chunk.Index, attempt.Chunk.Run.Value, available >> 20);

            // Without a grace period, because its memory is needed now.
            attempt.Process.Kill();
        }
    }

    private void Adjust()
    {
        var sample = Sample();
        if (tuner is not null)
        {
            lock (tuning)
            {
                var advice = tuner.Observe(sample);
                (var slots, Reason) = WithinAlarm(advice.Slots, advice.Reason);
                pool.Resize(slots);
            }

            return;
        }

        var given = givenSlots ?? limits.Cores;
        var ceiling = MemoryCeiling.Of(sample, limits) is { } room && room < given ? room : given;
        (ceiling, Reason) = WithinAlarm(ceiling, ceiling < given ? $"memory has room for {ceiling} attempts, not for the {given} asked for" : null);
        pool.Resize(ceiling);
    }

    // Called by the slot that is about to start the first attempt of a run. Slots beyond the new number close, and return the chunks that they have not started.
    private void StartOver()
    {
        if (tuner is null)
            return;
        lock (tuning)
        {
            var advice = tuner.StartOver();
            Reason = advice.Reason;
            pool.Resize(Math.Min(advice.Slots, pool.Target));
        }
    }

    private (int Slots, string? Reason) WithinAlarm(int slots, string? reason)
    {
        if (alarm is { } raised && (lastTotals.Items > raised.ItemsDone || time.GetElapsedTime(raised.RaisedAt) > MaxMemoryAlarm))
            alarm = null;
        return alarm is { } lasting && lasting.Slots < slots
            ? (lasting.Slots, $"memory ran short with more than {lasting.Slots} attempts, and none has succeeded since")
            : (slots, reason);
    }

    private TunerSample Sample()
    {
        var now = time.GetTimestamp();
        var elapsed = time.GetElapsedTime(lastSampleAt, now);
        var totals = running.Totals();
        var reading = machine.Read();
        var expected = 0L;
        var unclaimed = 0L;
        foreach (var attempt in running.All)
        {
            var needs = estimates.Expected(attempt.Chunk);
            expected = Math.Max(expected, needs);
            unclaimed += Math.Max(0, needs - HeldBytes(attempt));
        }

        var sample = new TunerSample
        {
            Elapsed = elapsed,
            Busy = elapsed > TimeSpan.Zero ? (totals.BusyTime - lastTotals.BusyTime) / elapsed : 0,
            Items = totals.Items - lastTotals.Items,
            Chunks = (int)(totals.Chunks - lastTotals.Chunks),
            AttemptSeconds = (totals.AttemptTime - lastTotals.AttemptTime).TotalSeconds,
            AttemptCpuSeconds = (totals.CpuTime - lastTotals.CpuTime).TotalSeconds,
            CpuBusy = reading.CpuBusy,
            MemoryAvailableBytes = reading.MemoryAvailableBytes,
            MemoryPressure = reading.MemoryPressure,
            AttemptPeakBytes = expected,
            UnclaimedBytes = unclaimed,
        };
        (lastTotals, lastSampleAt) = (totals, now);
        return sample;
    }

    private static long HeldBytes(ActiveAttempt attempt) => attempt.Process.Id is > 0 and var process ? ProcFs.ResidentBytes(process) : 0;

    [LoggerMessage(Level = LogLevel.Warning, Message = "Memory runs short ({Megabytes} MiB left): {Count} idle interpreters are ended.")]
    private static partial void EndedForMemory(ILogger logger, int count, long megabytes);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Memory runs short ({Megabytes} MiB left): chunk {Index} of run {Run} is stopped and released.")]
    private static partial void StoppedForMemory(ILogger logger, int index, string run, long megabytes);
}
