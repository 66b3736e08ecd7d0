namespace DistributedBatch.Tracker.Projection;

/// <summary>
/// Wall times of attempts, counted in buckets that are 5 % wide, so that a quantile is right to within 2.5 % whether chunks take a millisecond or a day.
/// Two histograms add up bucket by bucket, which is what lets the database keep them by deltas.
/// </summary>
internal sealed class DurationHistogram
{
    /// <summary>Buckets 0 (0.1 ms and less) to this one (about 45 days and more).</summary>
    public const int LastBucket = 500;

    private const double Smallest = 1e-4;
    private static readonly double LogWidth = Math.Log(1.05);

    private readonly SortedDictionary<int, long> counts = [];

    /// <summary>Durations counted.</summary>
    public long Count { get; private set; }

    /// <summary>The buckets that hold something, in order.</summary>
    public IEnumerable<KeyValuePair<int, long>> Buckets => counts;

    /// <summary>The bucket of a duration in seconds.</summary>
    public static int BucketOf(double seconds) =>
        seconds <= Smallest ? 0 : (int)Math.Min(LastBucket, Math.Ceiling(Math.Log(seconds / Smallest) / LogWidth));

    /// <summary>The duration in seconds that stands for a bucket: its geometric middle.</summary>
    public static double MiddleOf(int bucket) => Smallest * Math.Exp((bucket - 0.5) * LogWidth);

    /// <summary>Counts <paramref name="times"/> more durations of a bucket.</summary>
    public void Add(int bucket, long times = 1)
    {
        counts[bucket] = counts.GetValueOrDefault(bucket) + times;
        Count += times;
    }

    /// <summary>The duration in seconds below which <paramref name="share"/> of all lie; null when there are none.</summary>
    public double? Quantile(double share)
    {
        var rank = (long)Math.Ceiling(share * Count);
        foreach (var (bucket, count) in counts)
        {
            rank -= count;
            if (rank <= 0)
                return MiddleOf(bucket);
        }

        return null;
    }
}
