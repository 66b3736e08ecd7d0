using DistributedBatch.Contracts.Chunks;
using DistributedBatch.Contracts.Messages;

namespace DistributedBatch.Producer.Hosts;

/// <summary>
/// What the ends of one run's attempts say about the hosts they ran on. A host is suspected while chunk after chunk fails on it and others get the run
/// done. A chunk that fails on a second host is to blame itself, and no host answers for it any more.
/// </summary>
internal sealed class FailureAttribution
{
    private const int MostChunks = 10_000;

    // How likely as many failures in a row may be by chance, given how often attempts fail elsewhere.
    private const double Chance = 0.01;

    // Fewer failures in a row than this say nothing; of a host that has just come back from a hold one is enough.
    private const int FewestChunks = 3;

    private static readonly TimeSpan LeastOutlived = TimeSpan.FromSeconds(10);

    private readonly Dictionary<int, string> failedOn = [];
    private readonly Dictionary<string, Record> hosts = new(StringComparer.Ordinal);
    private int succeeded;
    private int failed;

    /// <summary>Takes in the end of an attempt; outcomes that are nobody's fault change nothing.</summary>
    public void Ended(AttemptReport report)
    {
        if (!hosts.TryGetValue(report.Host, out var host))
            hosts[report.Host] = host = new Record();
        if (report.Outcome == AttemptOutcome.Succeeded)
            Succeeded(report, host);
        else if (report.Outcome is { } outcome && outcome.CostsAnAttempt())
            Failed(report, host);
    }

    /// <summary>For how long an attempt must have run elsewhere to count as doing better than those that failed on <paramref name="host"/>.</summary>
    public TimeSpan Outlives(string host)
    {
        var several = hosts.TryGetValue(host, out var record) ? record.Longest * 3 : TimeSpan.Zero;
        return several > LeastOutlived ? several : LeastOutlived;
    }

    /// <summary>The hosts on which chunks failed and none succeeded since.</summary>
    public IEnumerable<string> Failing => hosts.Where(pair => pair.Value.Streak.Count > 0).Select(pair => pair.Key);

    /// <summary>Why <paramref name="host"/> should take no chunks, in one sentence; null when nothing speaks against it.</summary>
    /// <param name="host">Name of the host.</param>
    /// <param name="outlived">Attempts of the run that have run on other hosts for longer than <see cref="Outlives"/>.</param>
    /// <param name="wasHeld">Whether it was held before and has had no success since.</param>
    public string? Suspicion(string host, int outlived, bool wasHeld)
    {
        if (!hosts.TryGetValue(host, out var record))
            return null;
        var streak = record.Streak.Count;
        var good = succeeded - record.Succeeded - record.OthersSucceeded + outlived;
        var bad = Math.Max(0, failed - record.Failed - record.OthersFailed);
        if (streak == 0 || good <= 0)
            return null;
        var failsElsewhere = (bad + 1.0) / (bad + good + 2);
        var isSuspect = streak >= FewestChunks ? Math.Pow(failsElsewhere, streak) < Chance : wasHeld && failsElsewhere < 0.5;
        return isSuspect
            ? $"{streak} chunk{(streak == 1 ? "" : "s")} failed here in a row while other hosts got the run done (the last one: {record.Said})"
            : null;
    }

    /// <summary>Forgets what chunks failed on <paramref name="host"/>, which is tried again.</summary>
    public void Forgive(string host)
    {
        if (!hosts.TryGetValue(host, out var record))
            return;
        foreach (var index in record.Streak)
            failedOn.Remove(index);
        record.Streak.Clear();
        record.Longest = TimeSpan.Zero;
    }

    /// <summary>Whether no chunk speaks against <paramref name="host"/> any more, because those that failed on it failed elsewhere too.</summary>
    public bool IsCleared(string host) => !hosts.TryGetValue(host, out var record) || record.Streak.Count == 0;

    private void Succeeded(AttemptReport report, Record host)
    {
        succeeded++;
        host.Succeeded++;
        host.Streak.Clear();
        host.Longest = TimeSpan.Zero;
        failedOn.Remove(report.Index);
    }

    private void Failed(AttemptReport report, Record host)
    {
        if (failedOn.TryGetValue(report.Index, out var before))
        {
            if (before == report.Host)
                return;
            failedOn[report.Index] = "";
            if (hosts.TryGetValue(before, out var blamed) && blamed.Streak.Remove(report.Index))
            {
                blamed.Failed--;
                failed--;
            }

            return;
        }

        if (failedOn.Count >= MostChunks)
            failedOn.Clear();
        failedOn[report.Index] = report.Host;
        if (host.Streak.Count == 0)
            (host.OthersSucceeded, host.OthersFailed) = (succeeded - host.Succeeded, failed - host.Failed);
        failed++;
        host.Failed++;
        host.Streak.Add(report.Index);
        host.Longest = host.Longest > report.Duration ? host.Longest : report.Duration;
        host.Said = Said(report);
    }

    private static string Said(AttemptReport report)
    {
        const int Width = 160;
        var text = report.StderrTail?.TrimEnd().Split('\n')[^1] is { Length: > 0 } last ? last : report.Error ?? Contracts.Text.EnumText.ToText(report.Outcome!.Value);
        return text.Length > Width ? text[..Width] + "…" : text.TrimEnd('.');
    }

    private sealed class Record
    {
        public HashSet<int> Streak { get; } = [];

        public int Succeeded { get; set; }

        public int Failed { get; set; }

        /// <summary>What others had done when the streak began.</summary>
        public int OthersSucceeded { get; set; }

        public int OthersFailed { get; set; }

        public TimeSpan Longest { get; set; }

        public string Said { get; set; } = "";
    }
}
