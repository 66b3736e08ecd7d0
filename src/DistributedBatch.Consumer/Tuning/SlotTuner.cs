namespace DistributedBatch.Consumer.Tuning;

/// <summary>
/// Finds the number of slots with the highest throughput by hill climbing. Samples in, advice out: no clock, no randomness, no I/O.
/// <para>
/// The first attempts that end give a first estimate: when each keeps a tenth of a core busy, the tuner opens nine slots per core at once. Then it
/// climbs. Idle cores mean that attempts wait for something, so it tries more slots, in larger steps when more cores are idle. A step without gain is
/// undone. From time to time it tries another number, a smaller one first: attempts that compete for caches or memory bandwidth get more done when
/// there are fewer of them. Memory limits all of this.
/// </para>
/// </summary>
/// <param name="limits">Limits and thresholds.</param>
public sealed class SlotTuner(TunerLimits limits)
{
    // The most slots per core in the first estimate, which knows nothing about how attempts slow each other down.
    private const int MaxFirstSlotsPerCore = 32;

    private readonly record struct Measurement(int Slots, double Score, bool ByItems, double CpuBusy);

    private TunerEpoch epoch = new();
    private Measurement? best;
    private bool settling = true;
    private bool needsFirstEstimate = true;
    private bool probeDownNext = true;
    private int quietEpochs;
    private int epochsBeforeProbe = limits.EpochsBeforeProbe;

    /// <summary>The advice in force.</summary>
    public SlotAdvice Current { get; private set; } = FirstAdvice(limits);

    /// <summary>Forgets what was learned, and gives one slot per core: a run has begun of which nothing is known.</summary>
    public SlotAdvice StartOver()
    {
        (best, quietEpochs, epochsBeforeProbe, probeDownNext) = (null, 0, limits.EpochsBeforeProbe, true);
        (settling, needsFirstEstimate, epoch) = (true, true, new TunerEpoch());
        return Current = FirstAdvice(limits);
    }

    /// <summary>Adds a sample, about once a second, and gives the advice.</summary>
    public SlotAdvice Observe(in TunerSample sample)
    {
        if (MemoryCeiling.Of(sample, limits) is { } ceiling && ceiling < Current.Slots)
            return ReduceForMemory(ceiling, sample);

        // After a pause the work is probably of another kind.
        if (sample.Busy == 0)
        {
            (settling, needsFirstEstimate, epoch) = (true, true, new TunerEpoch());
            return Current;
        }

        epoch.Add(sample);
        if (settling)
        {
            // Attempts that ran while slots were opened or closed say nothing about the new number.
            settling = epoch.Seconds < limits.MinEpoch.TotalSeconds;
            if (settling)
                return Current;
            var opening = epoch;
            epoch = new TunerEpoch();
            return needsFirstEstimate ? EstimateFirst(opening, sample) : Current;
        }

        var byItems = epoch.HasEnoughChunks(Current.Slots);
        if (epoch.Seconds < limits.MinEpoch.TotalSeconds || (!byItems && epoch.Seconds < limits.MaxEpoch.TotalSeconds))
            return Current;

        var seen = epoch;
        epoch = new TunerEpoch();

        // Slots without a chunk measure the queue, not the machine.
        if (seen.Busy < 0.8 * Current.Slots)
            return Current;
        return Compare(new Measurement(Current.Slots, byItems ? seen.ItemsPerSecond : seen.CpuBusy, byItems, seen.CpuBusy), sample);
    }

    // The use of one attempt tells for how many the cores suffice, unless attempts wait for each other. Compare finds that out.
    private SlotAdvice EstimateFirst(TunerEpoch seen, in TunerSample sample)
    {
        needsFirstEstimate = false;
        if (seen.Chunks < Current.Slots || seen.CpuBusy > 1 - limits.MaxIdle || seen.CoresPerAttempt is not { } used)
            return Current;
        var wanted = (int)Math.Clamp(limits.Cores * 0.9 / used, 1, Math.Min(MaxFirstSlotsPerCore * limits.Cores, limits.MaxSlots));
        if (MemoryCeiling.Of(sample, limits) is { } ceiling)
            wanted = Math.Min(wanted, ceiling);
        if (wanted < 2 * Current.Slots)
            return Current;
        best = new Measurement(Current.Slots, seen.ItemsPerSecond, ByItems: true, seen.CpuBusy);
        return Move(wanted, $"the first attempts kept {used:0 %} of a core busy each");
    }

    private SlotAdvice Compare(Measurement now, in TunerSample sample)
    {
        // The first measurement, or the kind of work changed (chunks now end within an epoch, or no longer do): start from here.
        if (best is not { } reference || reference.ByItems != now.ByItems)
        {
            best = now;
            return Climb(now, sample);
        }

        if (now.Slots == reference.Slots)
        {
            var changed = Math.Abs(now.Score - reference.Score) > 0.25 * reference.Score;
            best = now with { Score = changed ? now.Score : (reference.Score + now.Score) / 2 };
            if (changed)
                (quietEpochs, epochsBeforeProbe) = (0, limits.EpochsBeforeProbe);
            return Climb(now, sample);
        }

        var gain = reference.Score > 0 ? now.Score / reference.Score - 1 : 1;
        var better = now.Slots > reference.Slots ? gain >= limits.MinGain : gain >= -limits.MinGain / 3;
        if (better)
        {
            best = now;
            (quietEpochs, epochsBeforeProbe) = (0, limits.EpochsBeforeProbe);

            // Many more slots with a small gain means that attempts wait for each other. The number that the gain needs without waiting, and a
            // quarter more, is enough.
            var enough = (int)Math.Ceiling(reference.Slots * (1 + gain) * 1.25);
            if (now.ByItems && now.Slots > 4 * reference.Slots && enough < now.Slots / 2)
                return Move(enough, $"{now.Slots} slots got no more done than {enough} would if none had to wait for another");
            return now.Slots < reference.Slots ? StepDown(now, $"{reference.Slots} got no more done: the attempts were in each other's way") : Climb(now, sample);
        }

        epochsBeforeProbe = Math.Min(epochsBeforeProbe * 2, 256);
        return Move(reference.Slots, now.Slots > reference.Slots
            ? $"{now.Slots} slots brought no more ({gain:+0 %;-0 %;0 %} at {reference.CpuBusy:0 %} processor use)"
            : $"{now.Slots} slots got less done ({gain:+0 %;-0 %;0 %})");
    }

    private SlotAdvice Climb(Measurement now, in TunerSample sample)
    {
        quietEpochs++;
        var triedWithoutGain = epochsBeforeProbe > limits.EpochsBeforeProbe;
        var probe = quietEpochs > epochsBeforeProbe;
        if (now.CpuBusy < 1 - limits.MaxIdle && (!triedWithoutGain || (probe && !probeDownNext)))
            return StepUp(now, sample, triedWithoutGain);
        if (!probe)
            return Current;

        quietEpochs = 0;
        var down = probeDownNext;
        probeDownNext = !probeDownNext;
        return down ? StepDown(now, "trying whether fewer do as well") : StepUp(now, sample, gently: true);
    }

    private SlotAdvice StepUp(Measurement now, in TunerSample sample, bool gently)
    {
        quietEpochs = 0;
        probeDownNext = true;

        // While no attempt has ended, attempts may still grow, and memory may not be enough for as many as the cores are.
        var factor = gently ? 1.1 : Math.Clamp(0.97 / Math.Max(now.CpuBusy, 0.01), 1.1, now.ByItems ? 4 : 2);
        var wanted = Math.Min((int)Math.Ceiling(now.Slots * factor), limits.MaxSlots);
        if (MemoryCeiling.Of(sample, limits) is { } ceiling && ceiling < wanted)
        {
            return ceiling <= now.Slots
                ? Current = new SlotAdvice(now.Slots, $"memory has no room for another attempt of {Gigabytes(sample.AttemptPeakBytes)}")
                : Move(ceiling, $"processors were {1 - now.CpuBusy:0 %} idle, memory has room for {ceiling} attempts of {Gigabytes(sample.AttemptPeakBytes)}");
        }

        return wanted == now.Slots
            ? Current = new SlotAdvice(now.Slots, $"the most allowed, processors {1 - now.CpuBusy:0 %} idle")
            : Move(wanted, $"processors were {1 - now.CpuBusy:0 %} idle with {now.Slots}");
    }

    private SlotAdvice StepDown(Measurement now, string reason) =>
        now.Slots == 1 ? Current : Move(now.Slots - Math.Max(1, now.Slots / 5), reason);

    private SlotAdvice ReduceForMemory(int ceiling, in TunerSample sample)
    {
        best = null;
        quietEpochs = 0;
        epochsBeforeProbe = limits.EpochsBeforeProbe * 2;
        return Move(ceiling, $"memory runs short: {Gigabytes(sample.MemoryAvailableBytes)} left{(sample.AttemptPeakBytes > 0 ? $", an attempt needs {Gigabytes(sample.AttemptPeakBytes)}" : "")}");
    }

    private static SlotAdvice FirstAdvice(TunerLimits limits) => new(limits.Cores, $"one per core ({limits.Cores}) to start with");

    private SlotAdvice Move(int slots, string reason)
    {
        settling = true;
        epoch = new TunerEpoch();
        return Current = new SlotAdvice(Math.Clamp(slots, 1, limits.MaxSlots), reason);
    }

    private static string Gigabytes(long bytes) => $"{bytes / (double)(1L << 30):0.0} GiB";
}
