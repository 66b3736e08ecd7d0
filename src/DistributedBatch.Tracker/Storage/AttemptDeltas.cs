using DistributedBatch.Contracts.Text;
using DistributedBatch.Tracker.Statistics;

namespace DistributedBatch.Tracker.Storage;

/// <summary>What a batch of ended attempts adds to the counters. Only attempts that the database accepted as new are added, so no attempt counts twice.</summary>
internal sealed class AttemptDeltas
{
    /// <summary>The outcome under which a second success of a chunk is counted.</summary>
    public const string Duplicate = "duplicate";

    /// <summary>Ended attempts by run and outcome.</summary>
    public Dictionary<(long Run, string Outcome), long> Outcomes { get; } = [];

    /// <summary>Wall times of successful attempts by run and bucket of <see cref="DurationHistogram"/>.</summary>
    public Dictionary<(long Run, int Bucket), long> Durations { get; } = [];

    /// <summary>Throughput by run, step of <see cref="TimelineSteps"/> and start of the bucket in Unix seconds.</summary>
    public Dictionary<(long Run, int Step, long At), TimelineDelta> Timeline { get; } = [];

    /// <summary>Used resources by run.</summary>
    public Dictionary<long, RunUsage> Usage { get; } = [];

    /// <summary>Ended attempts by host.</summary>
    public Dictionary<string, (long Succeeded, long Failed)> Hosts { get; } = [];

    /// <summary>Adds an ended attempt.</summary>
    /// <param name="run">The number of its run in the database.</param>
    /// <param name="report">Its report.</param>
    /// <param name="duplicate">Whether its chunk had already succeeded.</param>
    /// <param name="now">The latest possible end. The clocks of hosts may be ahead.</param>
    public void Add(long run, AttemptReport report, bool duplicate, DateTimeOffset now)
    {
        var outcome = report.Outcome!.Value;
        Increase(Outcomes, (run, duplicate ? Duplicate : outcome.ToText()));

        // A duplicate used resources too.
        var usage = new RunUsage(report.Duration.TotalSeconds, report.CpuTime.TotalSeconds, report.PeakMemoryBytes, report.ReadBytes, report.WrittenBytes);
        Usage[run] = Usage.TryGetValue(run, out var before) ? before + usage : usage;
        if (duplicate)
            return;
        var succeeded = outcome == AttemptOutcome.Succeeded;
        var failed = !succeeded && outcome is not (AttemptOutcome.Cancelled or AttemptOutcome.Released);
        if (succeeded)
            Increase(Durations, (run, DurationHistogram.BucketOf(report.Duration.TotalSeconds)));

        var ended = Math.Min((report.StartedAt + report.Duration).ToUnixTimeSeconds(), now.ToUnixTimeSeconds());
        var delta = new TimelineDelta(succeeded ? 1 : 0, failed ? 1 : 0, succeeded ? report.Count : 0, report.Duration.TotalSeconds);
        foreach (var step in TimelineSteps.All)
        {
            var key = (run, step, ended / step * step);
            Timeline[key] = Timeline.TryGetValue(key, out var known) ? known + delta : delta;
        }

        var (hostSucceeded, hostFailed) = Hosts.GetValueOrDefault(report.Host);
        Hosts[report.Host] = (hostSucceeded + delta.Succeeded, hostFailed + delta.Failed);
    }

    /// <summary>Takes back the presumed loss of an attempt that has succeeded. The throughput of that moment keeps it.</summary>
    public void TakeBackLoss(long run, string host)
    {
        var key = (run, AttemptOutcome.HostLost.ToText());
        Outcomes[key] = Outcomes.GetValueOrDefault(key) - 1;
        var (succeeded, failed) = Hosts.GetValueOrDefault(host);
        Hosts[host] = (succeeded, failed - 1);
    }

    private static void Increase<TKey>(Dictionary<TKey, long> counts, TKey key)
        where TKey : notnull => counts[key] = counts.GetValueOrDefault(key) + 1;
}
