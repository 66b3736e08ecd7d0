using DistributedBatch.Contracts.Chunks;
using DistributedBatch.Contracts.Messages;
using DistributedBatch.Contracts.Runs;

namespace DistributedBatch.Producer.Hosts;

/// <summary>
/// Decides which hosts take no chunks for a while: those on which chunks fail that succeed elsewhere. Never the only one that could run them. After the
/// hold a host is tried again; one more failure holds it for twice as long, a success makes it like any other. Time comes from outside.
/// </summary>
/// <param name="hold">See <see cref="ProducerOptions.HostHold"/>.</param>
internal sealed class HostQuarantine(TimeSpan hold)
{
    private static readonly TimeSpan LongestHold = TimeSpan.FromHours(1);

    private readonly Dictionary<RunId, FailureAttribution> runs = [];
    private readonly Dictionary<string, HostHeartbeat> heard = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Hold> holds = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int> offences = new(StringComparer.Ordinal);

    private sealed record Hold(RunId Run, string ResourceClass, string Reason, DateTimeOffset Until);

    /// <summary>Takes in the end of an attempt.</summary>
    public void Ended(AttemptReport report)
    {
        if (!runs.TryGetValue(report.Run, out var run))
            runs[report.Run] = run = new FailureAttribution();
        run.Ended(report);
        if (report.Outcome == AttemptOutcome.Succeeded && !holds.ContainsKey(report.Host))
            offences.Remove(report.Host);
    }

    /// <summary>Takes in a heartbeat.</summary>
    /// <returns>What the host is to be told: that it is on hold, when it seems not to know.</returns>
    public HostControlMessage? Heard(HostHeartbeat heartbeat, DateTimeOffset now)
    {
        var name = heartbeat.Host.Name;
        heard[name] = heartbeat;
        return heartbeat is { Stopping: false, Host.OnHold: null } && holds.TryGetValue(name, out var known) && known.Until > now
            ? new HostControlMessage(name, known.Reason, known.Until - now)
            : null;
    }

    /// <summary>Looks at every host and run.</summary>
    /// <param name="active">The runs that are not settled, with their resource classes.</param>
    /// <param name="hosts">Which hosts live.</param>
    /// <param name="now">The time.</param>
    /// <returns>What hosts are to be told.</returns>
    public IReadOnlyList<HostControlMessage> Decide(IReadOnlyList<(RunId Run, string ResourceClass)> active, HostRegistry hosts, DateTimeOffset now)
    {
        Forget(active, hosts);
        List<HostControlMessage> news = [.. Ended(hosts, now)];
        foreach (var (run, resourceClass) in active)
        {
            if (!runs.TryGetValue(run, out var health))
                continue;
            foreach (var host in health.Failing.ToList())
            {
                // A chunk that was put aside is reported as by a host, though there is none behind the name.
                if (heard.ContainsKey(host) && !holds.ContainsKey(host) && Judge(run, resourceClass, health, host, hosts, now) is { } told)
                    news.Add(told);
            }
        }

        return news;
    }

    private HostControlMessage? Judge(RunId run, string resourceClass, FailureAttribution health, string host, HostRegistry hosts, DateTimeOffset now)
    {
        var before = offences.GetValueOrDefault(host);
        if (health.Suspicion(host, Outlived(run, host, health.Outlives(host), hosts), wasHeld: before > 0) is not { } suspicion
            || !IsReplaceable(host, resourceClass, hosts))
        {
            return null;
        }

        var time = hold * Math.Pow(2, Math.Min(before, 16));
        time = time < LongestHold ? time : LongestHold;
        offences[host] = before + 1;
        var reason = $"run {run}: {suspicion}; it is tried again after {time.TotalSeconds:0} s";
        holds[host] = new Hold(run, resourceClass, reason, now + time);
        return new HostControlMessage(host, reason, time);
    }

    // Over when its time is up, when the chunks turned out to fail elsewhere too, and when nobody else is left to run them.
    private List<HostControlMessage> Ended(HostRegistry hosts, DateTimeOffset now)
    {
        var over = holds
            .Where(pair => pair.Value.Until <= now || (runs.TryGetValue(pair.Value.Run, out var run) && run.IsCleared(pair.Key))
                || !IsReplaceable(pair.Key, pair.Value.ResourceClass, hosts))
            .Select(pair => pair.Key)
            .ToList();
        foreach (var host in over)
        {
            holds.Remove(host);
            foreach (var run in runs.Values)
                run.Forgive(host);
        }

        return [.. over.Select(host => new HostControlMessage(host, OnHold: null, For: null))];
    }

    private bool IsReplaceable(string host, string resourceClass, HostRegistry hosts) =>
        hosts.Available(resourceClass).Any(other => other != host && !holds.ContainsKey(other));

    private int Outlived(RunId run, string host, TimeSpan limit, HostRegistry hosts) => heard
        .Where(pair => pair.Key != host && hosts.IsAlive(pair.Key))
        .Sum(pair => pair.Value.Running.Count(attempt => attempt.Run == run && pair.Value.At - attempt.StartedAt > limit));

    private void Forget(IReadOnlyList<(RunId Run, string ResourceClass)> active, HostRegistry hosts)
    {
        if (runs.Count > active.Count)
        {
            foreach (var run in runs.Keys.Except(active.Select(run => run.Run)).ToList())
                runs.Remove(run);
        }

        foreach (var host in heard.Keys.Where(host => !hosts.IsAlive(host)).ToList())
            heard.Remove(host);
    }
}
