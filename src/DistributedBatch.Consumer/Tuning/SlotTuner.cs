namespace DistributedBatch.Consumer.Tuning;

/// <summary>
/// Finds the number of slots at which a host gets most done. Samples in, advice out; no clock, no chance, no I/O.
/// <para>
/// It begins with a look at the first attempts that end: of those that keep a tenth of a core busy it takes nine a core at once. Then it climbs: while
/// processors lie idle the attempts wait for something, so more slots are tried, in larger steps the more lies idle; a step that brought nothing is taken
/// back. Now and then it tries a neighbour, first a smaller one, because attempts that fight over caches or memory bandwidth show only by getting more
/// done when there are fewer of them. Memory overrules everything.
/// </para>
/// </summary>
/// <param name="limits">What to stay within.</param>
public sealed class SlotTuner(TunerLimits limits)
{
    // So many slots a core at most before anything is known of what they do to each other.
    private const int MostOfFirstLook = 32;

    private readonly record struct Measured(int Slots, double Score, bool ByItems, double CpuBusy);

    private TunerEpoch epoch = new();
    private Measured? home;
    private bool settling = true;
    private bool isFirstLook = true;
    private bool probeDownNext = true;
    private int quietEpochs;
    private int epochsBeforeProbe = limits.EpochsBeforeProbe;

    /// <summary>The advice in force.</summary>
    public SlotAdvice Current { get; private set; } = new(limits.Cores, $"one per core ({limits.Cores}) to start with");

    /// <summary>Takes in what was seen since the last call; ask about once a second.</summary>
    public SlotAdvice Observe(in TunerSample sample)
    {
        if (MemoryCeiling(sample) is { } ceiling && ceiling < Current.Slots)
            return Yield(ceiling, sample);

        // After a pause comes other work, most often.
        if (sample.Busy == 0)
        {
            (settling, isFirstLook, epoch) = (true, true, new TunerEpoch());
            return Current;
        }

        epoch.Add(sample);
        if (settling)
        {
            // What ran while slots were being opened or closed says nothing about the new number.
            settling = epoch.Seconds < limits.ShortestEpoch.TotalSeconds;
            if (settling)
                return Current;
            var opening = epoch;
            epoch = new TunerEpoch();
            return isFirstLook ? LookFirst(opening, sample) : Current;
        }

        var byItems = epoch.CountsEnough(Current.Slots);
        if (epoch.Seconds < limits.ShortestEpoch.TotalSeconds || (!byItems && epoch.Seconds < limits.LongestEpoch.TotalSeconds))
            return Current;

        var seen = epoch;
        epoch = new TunerEpoch();

        // Slots that found no chunk measured the queue, not the machine.
        if (seen.Busy < 0.8 * Current.Slots)
            return Current;
        return Judge(new Measured(Current.Slots, byItems ? seen.ItemsPerSecond : seen.CpuBusy, byItems, seen.CpuBusy), sample);
    }

    // What one attempt uses tells how many there is room for, as long as it does not wait for what the others use too; Judge finds that out.
    private SlotAdvice LookFirst(TunerEpoch seen, in TunerSample sample)
    {
        isFirstLook = false;
        if (seen.Chunks < Current.Slots || seen.CpuBusy > 1 - limits.IdleWorthUsing || seen.ProcessorsAnAttempt is not { } used)
            return Current;
        var wanted = (int)Math.Clamp(limits.Cores * 0.9 / used, 1, Math.Min(MostOfFirstLook * limits.Cores, limits.MostSlots));
        if (MemoryCeiling(sample) is { } ceiling)
            wanted = Math.Min(wanted, ceiling);
        if (wanted < 2 * Current.Slots)
            return Current;
        home = new Measured(Current.Slots, seen.ItemsPerSecond, ByItems: true, seen.CpuBusy);
        return Move(wanted, $"the first attempts kept {used:0 %} of a core busy each");
    }

    private SlotAdvice Judge(Measured now, in TunerSample sample)
    {
        // The first measurement, or the workload changed its kind (items now end, or no longer do): begin from here.
        if (home is not { } best || best.ByItems != now.ByItems)
        {
            home = now;
            return Climb(now, sample);
        }

        if (now.Slots == best.Slots)
        {
            var changed = Math.Abs(now.Score - best.Score) > 0.25 * best.Score;
            home = now with { Score = changed ? now.Score : (best.Score + now.Score) / 2 };
            if (changed)
                (quietEpochs, epochsBeforeProbe) = (0, limits.EpochsBeforeProbe);
            return Climb(now, sample);
        }

        var gain = best.Score > 0 ? now.Score / best.Score - 1 : 1;
        var better = now.Slots > best.Slots ? gain >= limits.WorthwhileGain : gain >= -limits.WorthwhileGain / 3;
        if (better)
        {
            home = now;
            (quietEpochs, epochsBeforeProbe) = (0, limits.EpochsBeforeProbe);

            // Many more slots that got little more done wait for each other: as many as that takes without waiting, and some, do as well.
            var enough = (int)Math.Ceiling(best.Slots * (1 + gain) * 1.25);
            if (now.ByItems && now.Slots > 4 * best.Slots && enough < now.Slots / 2)
                return Move(enough, $"{now.Slots} slots got no more done than {enough} would if none had to wait for another");
            return now.Slots < best.Slots ? StepDown(now, $"{best.Slots} got no more done: the attempts were in each other's way") : Climb(now, sample);
        }

        epochsBeforeProbe = Math.Min(epochsBeforeProbe * 2, 256);
        return Move(best.Slots, now.Slots > best.Slots
            ? $"{now.Slots} slots brought no more ({gain:+0 %;-0 %;0 %} at {best.CpuBusy:0 %} processor use)"
            : $"{now.Slots} slots got less done ({gain:+0 %;-0 %;0 %})");
    }

    private SlotAdvice Climb(Measured now, in TunerSample sample)
    {
        quietEpochs++;
        var triedInVain = epochsBeforeProbe > limits.EpochsBeforeProbe;
        var probe = quietEpochs > epochsBeforeProbe;
        if (now.CpuBusy < 1 - limits.IdleWorthUsing && (!triedInVain || (probe && !probeDownNext)))
            return StepUp(now, sample, triedInVain);
        if (!probe)
            return Current;

        quietEpochs = 0;
        var down = probeDownNext;
        probeDownNext = !probeDownNext;
        return down ? StepDown(now, "trying whether fewer do as well") : StepUp(now, sample, gently: true);
    }

    private SlotAdvice StepUp(Measured now, in TunerSample sample, bool gently)
    {
        quietEpochs = 0;
        probeDownNext = true;

        // Attempts of which none has ended yet may still be growing; what the processors have room for, memory may not.
        var factor = gently ? 1.1 : Math.Clamp(0.97 / Math.Max(now.CpuBusy, 0.01), 1.1, now.ByItems ? 4 : 2);
        var wanted = Math.Min((int)Math.Ceiling(now.Slots * factor), limits.MostSlots);
        if (MemoryCeiling(sample) is { } ceiling && ceiling < wanted)
        {
            return ceiling <= now.Slots
                ? Current = new SlotAdvice(now.Slots, $"memory has no room for another attempt of {Gigabytes(sample.AttemptPeakBytes)}")
                : Move(ceiling, $"processors were {1 - now.CpuBusy:0 %} idle, memory has room for {ceiling} attempts of {Gigabytes(sample.AttemptPeakBytes)}");
        }

        return wanted == now.Slots
            ? Current = new SlotAdvice(now.Slots, $"the most allowed, processors {1 - now.CpuBusy:0 %} idle")
            : Move(wanted, $"processors were {1 - now.CpuBusy:0 %} idle with {now.Slots}");
    }

    private SlotAdvice StepDown(Measured now, string reason) =>
        now.Slots == 1 ? Current : Move(now.Slots - Math.Max(1, now.Slots / 5), reason);

    private SlotAdvice Yield(int ceiling, in TunerSample sample)
    {
        home = null;
        quietEpochs = 0;
        epochsBeforeProbe = limits.EpochsBeforeProbe * 2;
        return Move(ceiling, $"memory runs short: {Gigabytes(sample.MemoryAvailableBytes)} left{(sample.AttemptPeakBytes > 0 ? $", an attempt needs {Gigabytes(sample.AttemptPeakBytes)}" : "")}");
    }

    private SlotAdvice Move(int slots, string reason)
    {
        settling = true;
        epoch = new TunerEpoch();
        return Current = new SlotAdvice(Math.Clamp(slots, 1, limits.MostSlots), reason);
    }

    private int? MemoryCeiling(in TunerSample sample) => MemoryRoom.Ceiling(sample, limits);

    private static string Gigabytes(long bytes) => $"{bytes / (double)(1L << 30):0.0} GiB";
}
