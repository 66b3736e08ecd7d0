namespace DistributedBatch.Consumer.Tuning;

/// <summary>How many attempts memory has room for, whether the number of slots was given or found.</summary>
public static class MemoryCeiling
{
    /// <summary>The most attempts that should run at the same time, at least 1; null when memory sets no limit.</summary>
    public static int? Of(in TunerSample sample, TunerLimits limits)
    {
        ArgumentNullException.ThrowIfNull(limits);
        var running = (int)Math.Ceiling(sample.Busy);
        if (sample.MemoryPressure > limits.MaxMemoryPressure || sample.MemoryAvailableBytes < limits.MemoryReserveBytes / 2)
            return Math.Max(1, running - 1);
        if (sample.AttemptPeakBytes <= 0)
            return null;
        var room = sample.MemoryAvailableBytes - limits.MemoryReserveBytes - sample.UnclaimedBytes;
        return Math.Max(1, running + (int)Math.Clamp(Math.Floor((double)room / sample.AttemptPeakBytes), -running, limits.MaxSlots));
    }
}
