using DistributedBatch.Tracker.Estimates;
using DistributedBatch.Tracker.Statistics;

namespace DistributedBatch.Tracker.Queries;

/// <summary>The aggregates of a run.</summary>
/// <param name="Durations">The wall times of the successful attempts.</param>
/// <param name="Recent">The recent throughput.</param>
/// <param name="RunningSeconds">How long each running attempt has run.</param>
internal sealed record RunSnapshot(DurationHistogram Durations, Throughput Recent, IReadOnlyList<double> RunningSeconds)
{
    /// <summary>The run as the API shows it.</summary>
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
        Submitter = run.Submitter,
        SubmittedAt = run.SubmittedAt,
        FinishedAt = run.FinishedAt,
        ItemsPerSecond = run.FinishedAt is { } end ? Overall(run, end) : Recent.ItemsPerSecond ?? Overall(run, now),
        Eta = run.State == RunState.Running ? Eta(run) : null,
        MedianSeconds = Durations.Quantile(0.5),
        P95Seconds = Durations.Quantile(0.95),
        OutputDirectory = run.Job?.OutputDirectory ?? Path.Combine(dataDirectory, "runs", run.Run.Value, "out"),
    };

    /// <summary>The random numbers have a fixed seed, so that the same facts give the same range.</summary>
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
