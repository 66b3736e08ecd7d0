namespace DistributedBatch.Tracker.Queries;

/// <summary>The recent throughput of a run.</summary>
/// <param name="Seconds">The length of the period.</param>
/// <param name="Attempts">Attempts that ended in the period.</param>
/// <param name="Failed">Attempts that failed in the period.</param>
/// <param name="Items">Items that succeeded in the period.</param>
/// <param name="BusySeconds">Wall time of the attempts that ended in the period.</param>
internal readonly record struct Throughput(double Seconds, long Attempts, long Failed, long Items, double BusySeconds)
{
    /// <summary>Fewer attempts than this are a too small sample.</summary>
    public const int Enough = 10;

    /// <summary>Items per second; null when no item succeeded.</summary>
    public double? ItemsPerSecond => Seconds > 0 && Items > 0 ? Items / Seconds : null;

    /// <summary>The share of failed attempts.</summary>
    public double FailureShare => Attempts > 0 ? (double)Failed / Attempts : 0;

    /// <summary>How many attempts ran at a time, on average.</summary>
    public double Parallel => Seconds > 0 ? BusySeconds / Seconds : 0;
}
