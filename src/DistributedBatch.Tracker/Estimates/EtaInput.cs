using DistributedBatch.Tracker.Statistics;

namespace DistributedBatch.Tracker.Estimates;

/// <summary>What <see cref="EtaEstimator"/> knows of a run.</summary>
/// <param name="Finished">The wall times of the successful attempts.</param>
/// <param name="RunningSeconds">How long each running attempt has run.</param>
/// <param name="Waiting">The number of chunks that are neither settled nor running.</param>
/// <param name="Slots">How many attempts run at a time, on average; less than a whole number when slots idle between chunks.</param>
/// <param name="FailureShare">The share of attempts that fail and are retried, 0 to 1.</param>
internal sealed record EtaInput(DurationHistogram Finished, IReadOnlyList<double> RunningSeconds, int Waiting, double Slots, double FailureShare = 0);
