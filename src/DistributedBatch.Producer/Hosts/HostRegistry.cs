using DistributedBatch.Contracts.Hosts;
using DistributedBatch.Contracts.Messages;

namespace DistributedBatch.Producer.Hosts;

/// <summary>The hosts that were heard of lately. Every host is judged by this machine's clock, for theirs may be wrong.</summary>
/// <param name="timeout">See <see cref="ProducerOptions.HostTimeout"/>.</param>
internal sealed class HostRegistry(TimeSpan timeout)
{
    private readonly Dictionary<string, Entry> hosts = new(StringComparer.Ordinal);

    /// <summary>Whether <paramref name="host"/> was heard of lately.</summary>
    public bool IsAlive(string host) => hosts.ContainsKey(host);

    /// <summary>Slots of all hosts that serve <paramref name="resourceClass"/>.</summary>
    public int Slots(string resourceClass)
    {
        var slots = 0;
        foreach (var entry in hosts.Values)
            slots += entry.Serves(resourceClass) ? entry.Status.Slots : 0;
        return slots;
    }

    /// <summary>The hosts that take chunks of <paramref name="resourceClass"/>.</summary>
    public IEnumerable<string> Available(string resourceClass) =>
        hosts.Where(pair => pair.Value.Serves(resourceClass) && pair.Value.Status is { OnHold: null, Slots: > 0 }).Select(pair => pair.Key);

    /// <summary>Since when there has always been a free slot for <paramref name="resourceClass"/> on some host; null when there is none.</summary>
    public DateTimeOffset? IdleSince(string resourceClass)
    {
        DateTimeOffset? idle = null;
        foreach (var entry in hosts.Values)
        {
            if (entry.Serves(resourceClass) && entry.FreeSince is { } since && !(since >= idle))
                idle = since;
        }

        return idle;
    }

    /// <summary>Takes in a heartbeat.</summary>
    /// <returns>True when the host is new.</returns>
    public bool Heard(HostHeartbeat heartbeat, DateTimeOffset now)
    {
        var name = heartbeat.Host.Name;
        if (heartbeat.Stopping)
        {
            hosts.Remove(name);
            return false;
        }

        var known = hosts.TryGetValue(name, out var before);
        var isFree = heartbeat.Host.OnHold is null && heartbeat.Running.Count < heartbeat.Host.Slots;

        // While nothing was heard the broker may have been away, and a slot that cannot be reached is not one that finds nothing to do.
        var wasHeard = known && now - before!.LastHeard < timeout / 3;
        hosts[name] = new Entry(heartbeat.Host, now, !isFree ? null : wasHeard ? before!.FreeSince ?? now : now);
        return !known;
    }

    /// <summary>
    /// A report of the host arrived, which proves it alive as well as a heartbeat does; and that its slots find work, so that a slot which was free at the
    /// moment of a heartbeat was only between two chunks.
    /// </summary>
    public void Alive(string host, DateTimeOffset now)
    {
        if (hosts.TryGetValue(host, out var entry))
            entry.Worked(now);
    }

    /// <summary>Forgets the hosts that were silent for too long.</summary>
    /// <returns>Their names.</returns>
    public IReadOnlyList<string> Forget(DateTimeOffset now)
    {
        List<string>? silent = null;
        foreach (var (name, entry) in hosts)
        {
            if (now - entry.LastHeard > timeout)
                (silent ??= []).Add(name);
        }

        foreach (var name in silent ?? [])
            hosts.Remove(name);
        return silent ?? [];
    }

    private sealed class Entry(HostStatus status, DateTimeOffset heard, DateTimeOffset? freeSince)
    {
        public HostStatus Status => status;

        public DateTimeOffset LastHeard { get; private set; } = heard;

        public DateTimeOffset? FreeSince { get; private set; } = freeSince;

        public void Worked(DateTimeOffset now)
        {
            LastHeard = now;
            if (FreeSince is not null)
                FreeSince = now;
        }

        public bool Serves(string resourceClass) => status.Classes.Contains(resourceClass, StringComparer.Ordinal);
    }
}
