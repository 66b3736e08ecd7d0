using DistributedBatch.Contracts.Hosts;

namespace DistributedBatch.Producer.Hosts;

/// <summary>The hosts that are online, with their slots. All times are this machine's, because a host's clock may be wrong.</summary>
/// <param name="options">When a host counts as lost.</param>
internal sealed class HostRegistry(HostSupervisionOptions options)
{
    private readonly Dictionary<string, Host> hosts = new(StringComparer.Ordinal);

    /// <summary>Whether <paramref name="host"/> is online.</summary>
    public bool IsOnline(string host) => hosts.ContainsKey(host);

    /// <summary>When a heartbeat or report of <paramref name="host"/> arrived last; null when it is not online.</summary>
    public DateTimeOffset? LastSeen(string host) => hosts.TryGetValue(host, out var known) ? known.LastSeen : null;

    /// <summary>Slots of all hosts that serve <paramref name="resourceClass"/>.</summary>
    public int Slots(string resourceClass)
    {
        var slots = 0;
        foreach (var host in hosts.Values)
            slots += host.Serves(resourceClass) ? host.Status.Slots : 0;
        return slots;
    }

    /// <summary>The hosts that take chunks of <paramref name="resourceClass"/>.</summary>
    public IEnumerable<string> Available(string resourceClass) =>
        hosts.Where(pair => pair.Value.Serves(resourceClass) && pair.Value.Status is { OnHold: null, Slots: > 0 }).Select(pair => pair.Key);

    /// <summary>Since when some host has always had a free slot for <paramref name="resourceClass"/>; null when none has one.</summary>
    public DateTimeOffset? IdleSince(string resourceClass)
    {
        DateTimeOffset? idle = null;
        foreach (var host in hosts.Values)
        {
            if (host.Serves(resourceClass) && host.FreeSince is { } since && !(since >= idle))
                idle = since;
        }

        return idle;
    }

    /// <summary>Records a heartbeat.</summary>
    /// <returns>True when the host is new.</returns>
    public bool Record(HostHeartbeat heartbeat, DateTimeOffset now)
    {
        var name = heartbeat.Host.Name;
        if (heartbeat.Stopping)
        {
            hosts.Remove(name);
            return false;
        }

        var isKnown = hosts.TryGetValue(name, out var before);
        var isFree = heartbeat.Host.OnHold is null && heartbeat.Running.Count < heartbeat.Host.Slots;

        // After a gap in the heartbeats the broker may have been away, and a slot without a broker does not prove the queue empty.
        var wasConnected = isKnown && now - before!.LastSeen < options.Timeout / 3;
        hosts[name] = new Host(heartbeat.Host, now, !isFree ? null : wasConnected ? before!.FreeSince ?? now : now);
        return !isKnown;
    }

    /// <summary>
    /// Records that a report of the host arrived: the host is online and its slots find work. A slot that a heartbeat showed as free was only between
    /// two chunks.
    /// </summary>
    public void RecordReport(string host, DateTimeOffset now)
    {
        if (hosts.TryGetValue(host, out var known))
            known.RecordReport(now);
    }

    /// <summary>Removes the hosts that have been silent for too long.</summary>
    /// <returns>Their names.</returns>
    public IReadOnlyList<string> RemoveSilent(DateTimeOffset now)
    {
        List<string>? silent = null;
        foreach (var (name, host) in hosts)
        {
            if (now - host.LastSeen > options.Timeout)
                (silent ??= []).Add(name);
        }

        foreach (var name in silent ?? [])
            hosts.Remove(name);
        return silent ?? [];
    }

    private sealed class Host(HostStatus status, DateTimeOffset lastSeen, DateTimeOffset? freeSince)
    {
        public HostStatus Status => status;

        public DateTimeOffset LastSeen { get; private set; } = lastSeen;

        public DateTimeOffset? FreeSince { get; private set; } = freeSince;

        public void RecordReport(DateTimeOffset now)
        {
            LastSeen = now;
            if (FreeSince is not null)
                FreeSince = now;
        }

        public bool Serves(string resourceClass) => status.Classes.Contains(resourceClass, StringComparer.Ordinal);
    }
}
