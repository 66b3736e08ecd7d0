namespace DistributedBatch.Tracker.Statistics;

/// <summary>
/// The resolutions of the throughput of a run. Every attempt is counted in each of them, so a query for an hour or a month reads some hundred rows.
/// </summary>
internal static class TimelineSteps
{
    /// <summary>The lengths of a bucket in seconds, shortest first.</summary>
    public static readonly IReadOnlyList<int> All = [1, 60, 3600];

    /// <summary>The shortest step that covers <paramref name="span"/> with at most <paramref name="points"/> buckets, or the longest.</summary>
    public static int For(TimeSpan span, int points) =>
        All.FirstOrDefault(step => span.TotalSeconds / step <= points, All[^1]);
}
