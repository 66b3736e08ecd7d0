namespace DistributedBatch.Tracker.Storage;

/// <summary>The attempts that ended in one bucket of time.</summary>
/// <param name="Succeeded">Successful attempts.</param>
/// <param name="Failed">Failed attempts.</param>
/// <param name="Items">Items of the successful attempts.</param>
/// <param name="BusySeconds">Wall time of all attempts.</param>
internal readonly record struct TimelineDelta(long Succeeded, long Failed, long Items, double BusySeconds)
{
    public static TimelineDelta operator +(TimelineDelta left, TimelineDelta right) => new(
        left.Succeeded + right.Succeeded, left.Failed + right.Failed, left.Items + right.Items, left.BusySeconds + right.BusySeconds);
}
