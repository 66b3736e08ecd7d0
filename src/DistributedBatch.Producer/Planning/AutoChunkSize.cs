namespace DistributedBatch.Producer.Planning;

/// <summary>
/// Sizes for <c>--chunk auto</c>: guided self-scheduling (Polychronopoulos and Kuck, 1987) between two bounds. A chunk takes a slot's share of half
/// of what is left, so that chunks shrink and all slots end at about the same time. The lower bound keeps the overhead small, the upper bound the
/// cost of a lost host.
/// </summary>
internal static class AutoChunkSize
{
    /// <summary>How long a chunk lasts at least: well above the cost of its start.</summary>
    public const double ShortestSeconds = 0.5;

    /// <summary>How long a chunk lasts at most, unless a single item takes longer.</summary>
    public const double LongestSeconds = 30;

    /// <summary>Items in the next chunk.</summary>
    /// <param name="remaining">Items not yet cut, at least 1.</param>
    /// <param name="slots">Slots known; 0 before the first heartbeat.</param>
    /// <param name="secondsPerItem">Measured so far; null before the first chunk ended: chunks have one item then.</param>
    public static long Next(long remaining, int slots, double? secondsPerItem)
    {
        if (secondsPerItem is not { } seconds)
            return 1;
        var share = Math.Ceiling(remaining / (2.0 * Math.Max(1, slots)));
        // An item that takes no measurable time must not divide by zero. No program needs less than a microsecond.
        seconds = Math.Max(seconds, 1e-6);
        var least = Math.Max(1, Math.Ceiling(ShortestSeconds / seconds));
        var most = Math.Max(1, Math.Floor(LongestSeconds / seconds));
        return (long)Math.Min(remaining, Math.Clamp(share, Math.Min(least, most), most));
    }
}
