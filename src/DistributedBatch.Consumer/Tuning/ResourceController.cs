using DistributedBatch.Consumer.Launcher;
using DistributedBatch.Consumer.Resources;
using DistributedBatch.Consumer.Slots;

namespace DistributedBatch.Consumer.Tuning;

/// <summary>
/// Watches the machine and adjusts the slots: by the tuner's advice where their number is to be found, within what memory has room for in any case.
/// When memory is about to run out it stops the youngest attempts, before the kernel chooses.
/// </summary>
internal sealed partial class ResourceController
{
    // A program can fill gigabytes in a second, so memory is looked at more often than throughput.
    private static readonly TimeSpan Every = TimeSpan.FromMilliseconds(100);
    private const int LooksPerSample = 10;
    private static readonly TimeSpan TruceLimit = TimeSpan.FromMinutes(1);

    private readonly RunningAttempts running;
    private readonly MemoryEstimates memory;
    private readonly MachineProbe machine;
    private readonly TimeProvider time;
    private readonly ILogger<ResourceController> logger;
    private readonly ConsumerOptions options;
    private readonly TunerLimits limits;
    private readonly SlotTuner? tuner;
    private WorkTotals last;
    private Truce? truce;
    private long availableBefore;
    private long lastAt;

    public ResourceController(ConsumerOptions options, RunningAttempts running, MemoryEstimates memory, TimeProvider time, ILogger<ResourceController> logger)
    {
        (this.options, this.running, this.memory, this.time, this.logger) = (options, running, memory, time, logger);
        machine = new MachineProbe(time);
        var reading = machine.Read();
        limits = new TunerLimits
        {
            Cores = reading.Cores,
            MemoryReserveBytes = MemoryReservations.ReserveOf(reading.MemoryBytes),
        };
        tuner = options.Slots is null ? new SlotTuner(limits) : null;
    }

    /// <summary>Slots to open at the start.</summary>
    public int FirstSlots => options.Slots ?? tuner!.Current.Slots;

    /// <summary>Why there are as many slots as there are; null when the number was given and nothing speaks against it.</summary>
    public string? Reason { get; private set; }

    /// <summary>Looks until cancelled.</summary>
    public async Task RunAsync(SlotPool pool, CancellationToken cancellation)
    {
        Reason = tuner?.Current.Reason;
        lastAt = time.GetTimestamp();
        using var timer = new PeriodicTimer(Every, time);
        for (var look = 1; await timer.WaitForNextTickAsync(cancellation); look++)
        {
            // A short attempt cannot fill the memory, and an idle host has nothing to learn.
            if (running.Count > 0)
                Guard(pool);
            else
                availableBefore = 0;
            if (look % LooksPerSample == 0)
                Adjust(pool);
        }
    }

    // After an alarm nothing new is begun until something succeeded: those that are left are still growing, and only one that ended shows how far. A minute is
    // for runs in which nothing succeeds.
    private sealed record Truce(int Slots, long Items, long Since);

    private void Guard(SlotPool pool)
    {
        var available = machine.AvailableBytes();
        (var before, availableBefore) = (availableBefore, available);
        if (!MemoryGuard.IsAlarm(available, before, limits.MemoryReserveBytes))
            return;
        var attempts = running.All.Select(attempt => (attempt, attempt.StartedAt, attempt.Process > 0 ? ProcessMemory.ResidentBytes(attempt.Process) : 0)).ToList();
        foreach (var (attempt, _, bytes) in attempts)
            memory.Seen(attempt.Chunk.Run, bytes);
        var toStop = MemoryGuard.ToStop(attempts, available, before, limits.MemoryReserveBytes);
        truce = new Truce(Math.Max(1, attempts.Count - toStop.Count), running.Done().Items, time.GetTimestamp());
        pool.Resize(Math.Min(pool.Target, truce.Slots));
        foreach (var attempt in toStop)
        {
            Preempted(logger, attempt.Chunk.Index, attempt.Chunk.Run.Value, available >> 20);
            attempt.Stop(AttemptOutcome.Released, $"Memory ran short on {options.Host}; the youngest attempts were stopped and run again later.");

            // No grace: what it holds is needed now.
            if (attempt.Process > 0)
                _ = Posix.Kill(-attempt.Process, Posix.SigKill);
        }
    }

    private void Adjust(SlotPool pool)
    {
        var sample = Sample();
        if (tuner is not null)
        {
            var advice = tuner.Observe(sample);
            (var slots, Reason) = Within(advice.Slots, advice.Reason);
            pool.Resize(slots);
            return;
        }

        var asked = options.Slots ?? limits.Cores;
        var ceiling = MemoryRoom.Ceiling(sample, limits) is { } room && room < asked ? room : asked;
        (ceiling, Reason) = Within(ceiling, ceiling < asked ? $"memory has room for {ceiling} attempts, not for the {asked} asked for" : null);
        pool.Resize(ceiling);
    }

    private (int Slots, string? Reason) Within(int slots, string? reason)
    {
        if (truce is { } alarm && (last.Items > alarm.Items || time.GetElapsedTime(alarm.Since) > TruceLimit))
            truce = null;
        return truce is { } now && now.Slots < slots ? (now.Slots, $"memory ran short with more than {now.Slots} attempts, and none has succeeded since") : (slots, reason);
    }

    private TunerSample Sample()
    {
        var now = time.GetTimestamp();
        var elapsed = time.GetElapsedTime(lastAt, now);
        var done = running.Done();
        var reading = machine.Read();
        var expected = 0L;
        var unclaimed = 0L;
        foreach (var attempt in running.All)
        {
            var needs = memory.Expected(attempt.Chunk);
            expected = Math.Max(expected, needs);
            unclaimed += Math.Max(0, needs - (attempt.Process > 0 ? ProcessMemory.ResidentBytes(attempt.Process) : 0));
        }

        var sample = new TunerSample
        {
            Elapsed = elapsed,
            Busy = elapsed > TimeSpan.Zero ? (done.BusyTime - last.BusyTime) / elapsed : 0,
            Items = done.Items - last.Items,
            Chunks = (int)(done.Chunks - last.Chunks),
            AttemptSeconds = (done.AttemptTime - last.AttemptTime).TotalSeconds,
            AttemptCpuSeconds = (done.CpuTime - last.CpuTime).TotalSeconds,
            CpuBusy = reading.CpuBusy,
            MemoryAvailableBytes = reading.MemoryAvailableBytes,
            MemoryPressure = reading.MemoryPressure,
            AttemptPeakBytes = expected,
            UnclaimedBytes = unclaimed,
        };
        (last, lastAt) = (done, now);
        return sample;
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Memory runs short ({Megabytes} MiB left): chunk {Index} of run {Run} is stopped and released.")]
    private static partial void Preempted(ILogger logger, int index, string run, long megabytes);
}
