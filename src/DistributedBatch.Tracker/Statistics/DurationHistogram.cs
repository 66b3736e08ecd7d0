namespace DistributedBatch.Tracker.Statistics;

/// <summary>
/// Wall times of attempts in buckets that are 5 % wide. A quantile is therefore right to within 2.5 %, for chunks of a millisecond and of a day.
/// Histograms add up bucket by bucket, so the database stores them as counters.
/// </summary>
internal sealed class DurationHistogram
{
    /// <summary>The last bucket, for about 45 days and more. Bucket 0 is for 0.1 ms and less.</summary>
    public const int LastBucket = 500;

    private const double Smallest = 1e-4;
    private static readonly double LogWidth = Math.Log(1.05);

    private readonly SortedDictionary<int, long> counts = [];

    /// <summary>The number of durations.</summary>
    public long Count { get; private set; }

    /// <summary>The buckets that are not empty, in order.</summary>
    public IEnumerable<KeyValuePair<int, long>> Buckets => counts;

    /// <summary>The bucket of a duration in seconds.</summary>
    public static int BucketOf(double seconds) =>
        seconds <= Smallest ? 0 : (int)Math.Min(LastBucket, Math.Ceiling(Math.Log(seconds / Smallest) / LogWidth));

    /// <summary>The geometric middle of a bucket, in seconds.</summary>
    public static double MiddleOf(int bucket) => Smallest * Math.Exp((bucket - 0.5) * LogWidth);

    /// <summary>Adds durations to a bucket.</summary>
    public void Add(int bucket, long times = 1)
    {
        counts[bucket] = counts.GetValueOrDefault(bucket) + times;
        Count += times;
    }

    /// <summary>The duration in seconds below which <paramref name="share"/> of all durations are; null when there are none.</summary>
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
