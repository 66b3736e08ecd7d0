using DistributedBatch.Contracts.Text;

namespace DistributedBatch.Producer.Hosts;

/// <summary>
/// Attributes the failed attempts of one run to hosts or to chunks. A host is suspected while chunk after chunk fails on it and succeeds on others. A
/// chunk that fails on a second host is itself at fault, and no longer counts against any host.
/// </summary>
internal sealed class FailureAttribution
{
    private const int MaxChunks = 10_000;

    // A host is suspected when its failures in a row are less likely than this, given how often attempts fail on other hosts.
    private const double MaxProbability = 0.01;

    // Fewer failures in a row than this say nothing. Just after a hold one is enough.
    private const int MinStreak = 3;

    private const int MaxErrorLength = 160;

    private const string ManyHosts = "";

    private static readonly TimeSpan MinOutlivingTime = TimeSpan.FromSeconds(10);

    private readonly Dictionary<int, string> failedOn = [];
    private readonly Dictionary<string, HostHistory> hosts = new(StringComparer.Ordinal);
    private int succeeded;
    private int failed;

    /// <summary>The hosts on which chunks failed and none succeeded since.</summary>
    public IEnumerable<string> FailingHosts => hosts.Where(pair => pair.Value.Streak.Count > 0).Select(pair => pair.Key);

    /// <summary>Records the end of an attempt; outcomes that cost no attempt change nothing.</summary>
    public void Add(AttemptReport report)
    {
        if (!hosts.TryGetValue(report.Host, out var host))
            hosts[report.Host] = host = new HostHistory();
        if (report.Outcome == AttemptOutcome.Succeeded)
            AddSuccess(report, host);
        else if (report.Outcome is { } outcome && outcome.CostsAnAttempt())
            AddFailure(report, host);
    }

    /// <summary>How long an attempt must have run on another host to count as better than those that failed on <paramref name="host"/>.</summary>
    public TimeSpan OutlivingTime(string host)
    {
        var several = hosts.TryGetValue(host, out var history) ? history.LongestFailure * 3 : TimeSpan.Zero;
        return several > MinOutlivingTime ? several : MinOutlivingTime;
    }

    /// <summary>Why <paramref name="host"/> should take no chunks, in one sentence; null when there is no reason.</summary>
    /// <param name="host">Name of the host.</param>
    /// <param name="outliving">Attempts of the run that run on other hosts for longer than <see cref="OutlivingTime"/>.</param>
    /// <param name="wasHeld">Whether it was on hold and has had no success since.</param>
    public string? Suspicion(string host, int outliving, bool wasHeld)
    {
        if (!hosts.TryGetValue(host, out var history))
            return null;
        var streak = history.Streak.Count;
        var good = succeeded - history.Succeeded - history.OthersSucceeded + outliving;
        var bad = Math.Max(0, failed - history.Failed - history.OthersFailed);
        if (streak == 0 || good <= 0)
            return null;
        var failureRate = (bad + 1.0) / (bad + good + 2);
        var isSuspect = streak >= MinStreak ? Math.Pow(failureRate, streak) < MaxProbability : wasHeld && failureRate < 0.5;
        return isSuspect
            ? $"{streak} chunk{(streak == 1 ? "" : "s")} failed here in a row while others succeeded on other hosts (last error: {history.LastError})"
            : null;
    }

    /// <summary>Forgets the chunks that failed on <paramref name="host"/>, because the host is tried again.</summary>
    public void Forgive(string host)
    {
        if (!hosts.TryGetValue(host, out var history))
            return;
        foreach (var index in history.Streak)
            failedOn.Remove(index);
        history.EndStreak();
    }

    /// <summary>
    /// Whether no chunk counts against <paramref name="host"/> any more, because those that failed on it failed on other hosts too.
    /// </summary>
    public bool IsCleared(string host) => !hosts.TryGetValue(host, out var history) || history.Streak.Count == 0;

    private void AddSuccess(AttemptReport report, HostHistory host)
    {
        succeeded++;
        host.Succeeded++;
        host.EndStreak();
        failedOn.Remove(report.Index);
    }

    private void AddFailure(AttemptReport report, HostHistory host)
    {
        if (failedOn.TryGetValue(report.Index, out var before))
        {
            if (before == report.Host)
                return;
            failedOn[report.Index] = ManyHosts;
            if (hosts.TryGetValue(before, out var blamed) && blamed.Streak.Remove(report.Index))
            {
                blamed.Failed--;
                failed--;
            }

            return;
        }

        if (failedOn.Count >= MaxChunks)
            failedOn.Clear();
        failedOn[report.Index] = report.Host;
        if (host.Streak.Count == 0)
            (host.OthersSucceeded, host.OthersFailed) = (succeeded - host.Succeeded, failed - host.Failed);
        failed++;
        host.Failed++;
        host.Streak.Add(report.Index);
        host.LongestFailure = host.LongestFailure > report.Duration ? host.LongestFailure : report.Duration;
        host.LastError = ErrorOf(report);
    }

    private static string ErrorOf(AttemptReport report)
    {
        var text = FailureReason.Of(report.Outcome, report.ExitCode, report.StderrTail, report.Error) ?? report.Error ?? report.Outcome!.Value.ToText();
        return text.Length > MaxErrorLength ? text[..MaxErrorLength] + "…" : text.TrimEnd('.');
    }

    private sealed class HostHistory
    {
        /// <summary>The chunks that failed in a row.</summary>
        public HashSet<int> Streak { get; } = [];

        public int Succeeded { get; set; }

        public int Failed { get; set; }

        /// <summary>Successes on other hosts when the streak began.</summary>
        public int OthersSucceeded { get; set; }

        /// <summary>Failures on other hosts when the streak began.</summary>
        public int OthersFailed { get; set; }

        public TimeSpan LongestFailure { get; set; }

        public string LastError { get; set; } = "";

        public void EndStreak()
        {
            Streak.Clear();
            LongestFailure = TimeSpan.Zero;
        }
    }
}
