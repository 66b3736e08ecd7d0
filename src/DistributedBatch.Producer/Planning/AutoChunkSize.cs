namespace DistributedBatch.Producer.Planning;

/// <summary>
/// Sizes for <c>--chunk auto</c>: guided self-scheduling (Polychronopoulos and Kuck, 1987) between two bounds. A chunk takes its share of half of
/// what is left, so that chunks shrink towards the end and slots run dry together; it lasts long enough to make its overhead small, and not so long
/// that a lost host costs much.
/// </summary>
internal static class AutoChunkSize
{
    /// <summary>A chunk is meant to last at least this long: well above what it costs to start one.</summary>
    public const double ShortestSeconds = 0.5;

    /// <summary>A chunk is meant to last at most this long, unless a single item does.</summary>
    public const double LongestSeconds = 30;

    /// <summary>Items in the next chunk.</summary>
    /// <param name="remaining">Items not yet cut, at least 1.</param>
    /// <param name="slots">Slots known; 0 when no host has been heard of yet.</param>
    /// <param name="secondsPerItem">Measured so far; null before the first chunk ended, which gives chunks of one item to measure with.</param>
    public static long Next(long remaining, int slots, double? secondsPerItem)
    {
        if (secondsPerItem is not { } pace)
            return 1;
        var share = Math.Ceiling(remaining / (2.0 * Math.Max(1, slots)));
        // An item of no measurable length would otherwise divide by zero; a microsecond is below what any program needs.
        pace = Math.Max(pace, 1e-6);
        var least = Math.Max(1, Math.Ceiling(ShortestSeconds / pace));
        var most = Math.Max(1, Math.Floor(LongestSeconds / pace));
        return (long)Math.Min(remaining, Math.Clamp(share, Math.Min(least, most), most));
    }
}
