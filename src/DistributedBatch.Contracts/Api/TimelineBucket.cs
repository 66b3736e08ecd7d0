namespace DistributedBatch.Contracts.Api;

/// <summary>What ended within one stretch of a run's time. Stretches in which nothing ended are left out.</summary>
/// <param name="At">Start of the stretch.</param>
/// <param name="Seconds">How long it is.</param>
/// <param name="Succeeded">Attempts that succeeded.</param>
/// <param name="Failed">Attempts that failed.</param>
/// <param name="Items">Items in the successful ones.</param>
/// <param name="BusySeconds">Wall time of all of them, which divided by <paramref name="Succeeded"/> and <paramref name="Failed"/> is the mean.</param>
public sealed record TimelineBucket(DateTimeOffset At, int Seconds, long Succeeded, long Failed, long Items, double BusySeconds);
