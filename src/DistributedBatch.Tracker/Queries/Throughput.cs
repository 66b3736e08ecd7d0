namespace DistributedBatch.Tracker.Queries;

/// <summary>How fast a run went lately.</summary>
/// <param name="Seconds">The stretch of time looked at.</param>
/// <param name="Attempts">Attempts that ended in it.</param>
/// <param name="Failed">Those of them that failed.</param>
/// <param name="Items">Items that succeeded in it.</param>
/// <param name="BusySeconds">Wall time of the attempts that ended in it.</param>
internal readonly record struct Throughput(double Seconds, long Attempts, long Failed, long Items, double BusySeconds)
{
    /// <summary>So few ends say more about chance than about speed.</summary>
    public const int Enough = 10;

    /// <summary>Items per second; null when nothing ended.</summary>
    public double? ItemsPerSecond => Seconds > 0 && Items > 0 ? Items / Seconds : null;

    /// <summary>Share of the attempts that failed.</summary>
    public double FailureShare => Attempts > 0 ? (double)Failed / Attempts : 0;

    /// <summary>How many attempts were under way at a time, on average.</summary>
    public double Parallel => Seconds > 0 ? BusySeconds / Seconds : 0;
}
