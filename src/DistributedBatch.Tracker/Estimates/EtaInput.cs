using DistributedBatch.Tracker.Projection;

namespace DistributedBatch.Tracker.Estimates;

/// <summary>What <see cref="EtaEstimator"/> knows of a run.</summary>
/// <param name="Finished">Wall times of the attempts that succeeded.</param>
/// <param name="RunningSeconds">For how long each attempt under way has been at it.</param>
/// <param name="Waiting">Chunks that are neither settled nor running.</param>
/// <param name="Slots">Attempts that run at a time; a share of one when slots idle between chunks.</param>
/// <param name="FailureShare">Share of attempts that fail and are made again, 0 to 1.</param>
internal sealed record EtaInput(DurationHistogram Finished, IReadOnlyList<double> RunningSeconds, int Waiting, double Slots, double FailureShare = 0);
