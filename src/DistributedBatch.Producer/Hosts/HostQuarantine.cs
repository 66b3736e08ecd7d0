namespace DistributedBatch.Producer.Hosts;

/// <summary>
/// Decides which hosts take no chunks for a while: those on which chunks fail that succeed elsewhere, but never the only host that could run them.
/// After the hold a host is tried again. One more failure holds it for twice as long; a success clears it. Time comes from outside.
/// </summary>
/// <param name="options">How long a hold lasts.</param>
internal sealed class HostQuarantine(HostSupervisionOptions options)
{
    private const int MaxDoublings = 16;

    private static readonly TimeSpan LongestHold = TimeSpan.FromHours(1);

    private readonly Dictionary<RunId, FailureAttribution> runs = [];
    private readonly Dictionary<string, HostHeartbeat> heartbeats = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Hold> holds = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int> holdsInARow = new(StringComparer.Ordinal);

    private sealed record Hold(RunId Run, string ResourceClass, string Reason, DateTimeOffset Until);

    /// <summary>Records the end of an attempt.</summary>
    public void Record(AttemptReport report)
    {
        if (!runs.TryGetValue(report.Run, out var run))
            runs[report.Run] = run = new FailureAttribution();
        run.Add(report);
        if (report.Outcome == AttemptOutcome.Succeeded && !holds.ContainsKey(report.Host))
            holdsInARow.Remove(report.Host);
    }

    /// <summary>Records a heartbeat.</summary>
    /// <returns>A reminder for a host on hold that does not seem to know it; null for any other.</returns>
    public HostControlMessage? Record(HostHeartbeat heartbeat, DateTimeOffset now)
    {
        var name = heartbeat.Host.Name;
        heartbeats[name] = heartbeat;
        return heartbeat is { Stopping: false, Host.OnHold: null } && holds.TryGetValue(name, out var hold) && hold.Until > now
            ? new HostControlMessage(name, hold.Reason, hold.Until - now)
            : null;
    }

    /// <summary>Looks at every host and run.</summary>
    /// <param name="active">The runs that are not settled, with their resource classes.</param>
    /// <param name="hosts">The hosts that are online.</param>
    /// <param name="now">The time.</param>
    /// <returns>The holds that begin or end now.</returns>
    public IReadOnlyList<HostControlMessage> Decide(IReadOnlyList<(RunId Run, string ResourceClass)> active, HostRegistry hosts, DateTimeOffset now)
    {
        Forget(active, hosts);
        List<HostControlMessage> decisions = [.. EndHolds(hosts, now)];
        foreach (var (run, resourceClass) in active)
        {
            if (!runs.TryGetValue(run, out var failures))
                continue;
            foreach (var host in failures.FailingHosts.ToList())
            {
                // A dead-lettered chunk is reported under a name that is no host's.
                if (heartbeats.ContainsKey(host) && !holds.ContainsKey(host) && TryHold(run, resourceClass, failures, host, hosts, now) is { } hold)
                    decisions.Add(hold);
            }
        }

        return decisions;
    }

    private HostControlMessage? TryHold(
        RunId run, string resourceClass, FailureAttribution failures, string host, HostRegistry hosts, DateTimeOffset now)
    {
        var before = holdsInARow.GetValueOrDefault(host);
        var outliving = CountOutliving(run, host, failures.OutlivingTime(host), hosts);
        if (failures.Suspicion(host, outliving, wasHeld: before > 0) is not { } suspicion || !IsReplaceable(host, resourceClass, hosts))
            return null;
        var duration = options.Hold * Math.Pow(2, Math.Min(before, MaxDoublings));
        duration = duration < LongestHold ? duration : LongestHold;
        holdsInARow[host] = before + 1;
        var reason = $"run {run}: {suspicion}; it is tried again after {duration.TotalSeconds:0} s";
        holds[host] = new Hold(run, resourceClass, reason, now + duration);
        return new HostControlMessage(host, reason, duration);
    }

    // A hold ends when its time is up or the clock was set back, when its chunks failed on other hosts too, and when no other host is left to run them.
    private List<HostControlMessage> EndHolds(HostRegistry hosts, DateTimeOffset now)
    {
        var ended = holds
            .Where(pair => pair.Value.Until <= now || pair.Value.Until > now + LongestHold || (runs.TryGetValue(pair.Value.Run, out var run) && run.IsCleared(pair.Key))
                || !IsReplaceable(pair.Key, pair.Value.ResourceClass, hosts))
            .Select(pair => pair.Key)
            .ToList();
        foreach (var host in ended)
        {
            holds.Remove(host);
            foreach (var run in runs.Values)
                run.Forgive(host);
        }

        return [.. ended.Select(host => new HostControlMessage(host, OnHold: null, For: null))];
    }

    private bool IsReplaceable(string host, string resourceClass, HostRegistry hosts) =>
        hosts.Available(resourceClass).Any(other => other != host && !holds.ContainsKey(other));

    private int CountOutliving(RunId run, string host, TimeSpan limit, HostRegistry hosts) => heartbeats
        .Where(pair => pair.Key != host && hosts.IsOnline(pair.Key))
        .Sum(pair => pair.Value.Running.Count(attempt => attempt.Run == run && pair.Value.At - attempt.StartedAt > limit));

    private void Forget(IReadOnlyList<(RunId Run, string ResourceClass)> active, HostRegistry hosts)
    {
        if (runs.Count > active.Count)
        {
            foreach (var run in runs.Keys.Except(active.Select(run => run.Run)).ToList())
                runs.Remove(run);
        }

        foreach (var host in heartbeats.Keys.Where(host => !hosts.IsOnline(host)).ToList())
            heartbeats.Remove(host);
    }
}
