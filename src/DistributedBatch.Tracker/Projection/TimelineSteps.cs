namespace DistributedBatch.Tracker.Projection;

/// <summary>
/// The resolutions the throughput of a run is kept in. Every attempt is counted in each, so that a look at an hour-long or a month-long run reads some
/// hundred rows.
/// </summary>
internal static class TimelineSteps
{
    /// <summary>Seconds a bucket lasts, finest first.</summary>
    public static readonly IReadOnlyList<int> All = [1, 60, 3600];

    /// <summary>The finest step that covers <paramref name="span"/> with at most <paramref name="points"/> buckets, or the coarsest.</summary>
    public static int For(TimeSpan span, int points) =>
        All.FirstOrDefault(step => span.TotalSeconds / step <= points, All[^1]);
}
