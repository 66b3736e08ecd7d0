using DistributedBatch.Contracts.Api;
using DistributedBatch.Contracts.Runs;
using DistributedBatch.Tracker.Estimates;
using DistributedBatch.Tracker.Projection;

namespace DistributedBatch.Tracker.Queries;

/// <summary>What the aggregates say about a run, beside its row.</summary>
/// <param name="Durations">Wall times of successful attempts.</param>
/// <param name="Recent">The latest buckets of its timeline, oldest first, and the span they stand for.</param>
/// <param name="RunningSeconds">For how long each attempt known to be running has been at it.</param>
internal sealed record RunSnapshot(DurationHistogram Durations, Throughput Recent, IReadOnlyList<double> RunningSeconds)
{
    /// <summary>The run as people see it.</summary>
    public RunView View(RunRow run, string dataDirectory, DateTimeOffset now) => new()
    {
        Run = run.Run,
        Name = run.Name,
        State = run.State,
        Reason = run.Reason,
        Chunks = run.Counts,
        First = run.First,
        Total = run.Total,
        ItemsSucceeded = run.ItemsSucceeded,
        Command = run.Job?.Command ?? [],
        SubmittedAt = run.SubmittedAt,
        FinishedAt = run.FinishedAt,
        ItemsPerSecond = run.FinishedAt is { } end ? Overall(run, end) : Recent.ItemsPerSecond ?? Overall(run, now),
        Eta = run.State == RunState.Running ? Eta(run) : null,
        MedianSeconds = Durations.Quantile(0.5),
        P95Seconds = Durations.Quantile(0.95),
        OutputDirectory = run.Job?.OutputDirectory ?? Path.Combine(dataDirectory, "runs", run.Run.Value, "out"),
    };

    /// <summary>Dice with a fixed seed: two looks at the same facts give the same range.</summary>
    private EtaRange? Eta(RunRow run)
    {
        var slots = Math.Max(RunningSeconds.Count, Recent.Parallel);
        var waiting = run.Counts.Total - run.Counts.Settled - RunningSeconds.Count;
        return slots > 0
            ? EtaEstimator.Estimate(new EtaInput(Durations, RunningSeconds, Math.Max(0, waiting), slots, Recent.FailureShare), new Random(run.Counts.Total).NextDouble)
            : null;
    }

    private static double? Overall(RunRow run, DateTimeOffset until)
    {
        var seconds = (until - run.SubmittedAt).TotalSeconds;
        return run.ItemsSucceeded > 0 && seconds > 0 ? run.ItemsSucceeded / seconds : null;
    }
}
