namespace DistributedBatch.Consumer.Tuning;

/// <summary>How many attempts memory has room for. Holds for a number of slots given by hand as well as for a found one.</summary>
public static class MemoryRoom
{
    /// <summary>The most attempts that should run at once, at least 1; null when nothing speaks against more.</summary>
    public static int? Ceiling(in TunerSample sample, TunerLimits limits)
    {
        ArgumentNullException.ThrowIfNull(limits);
        var running = (int)Math.Ceiling(sample.Busy);
        if (sample.MemoryPressure > limits.MostMemoryPressure || sample.MemoryAvailableBytes < limits.MemoryReserveBytes / 2)
            return Math.Max(1, running - 1);
        if (sample.AttemptPeakBytes <= 0)
            return null;
        var room = sample.MemoryAvailableBytes - limits.MemoryReserveBytes - sample.UnclaimedBytes;
        return Math.Max(1, running + (int)Math.Clamp(Math.Floor((double)room / sample.AttemptPeakBytes), -running, limits.MostSlots));
    }
}
