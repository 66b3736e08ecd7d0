namespace DistributedBatch.Producer.Hosts;

/// <summary>The hosts that are online, with their slots. All times are this machine's, because a host's clock may be wrong.</summary>
/// <param name="options">When a host counts as lost.</param>
internal sealed class HostRegistry(HostSupervisionOptions options)
{
    private readonly Dictionary<string, OnlineHost> hosts = new(StringComparer.Ordinal);
    private readonly HashSet<Guid> refused = [];
    private DateTimeOffset listeningSince;
    private DateTimeOffset? firstListening;

    /// <summary>Whether <paramref name="host"/> is online.</summary>
    public bool IsOnline(string host) => hosts.ContainsKey(host);

    /// <summary>When a heartbeat or report of <paramref name="host"/> arrived last; null when it is not online.</summary>
    public DateTimeOffset? LastSeen(string host) => hosts.TryGetValue(host, out var known) ? known.LastSeen : null;

    /// <summary>
    /// Begins to listen anew: the broker, the ledger or this machine was away, and nobody's silence until now proves anything.
    /// </summary>
    public void ListenAgain(DateTimeOffset now)
    {
        listeningSince = now;
        firstListening ??= now;
        foreach (var host in hosts.Values)
        {
            // A later time is from before the clock was set back.
            host.LastSeen = host.LastSeen < now ? host.LastSeen : now;
            host.ForgetFreeSlots();
        }
    }

    /// <summary>How long nothing happened since <paramref name="last"/>, not counting the time in which nothing could be heard.</summary>
    public TimeSpan SilenceSince(DateTimeOffset last, DateTimeOffset now) => now - (last > listeningSince ? last : listeningSince);

    /// <summary>
    /// How long a host may take to be heard again when it lost its connection at <paramref name="lostAt"/>. It is a third of the timeout. After an outage that this producer
    /// had too, or its start, it is the whole timeout: every host has to connect again, and one bus may need half a minute more than another.
    /// </summary>
    public TimeSpan ReconnectTime(DateTimeOffset lostAt) => lostAt - listeningSince >= options.Timeout ? options.Timeout / 3 : options.Timeout;

    /// <summary>
    /// Whether every host has sent a heartbeat after <paramref name="since"/>. A producer that has just started does not know all hosts yet, so then the answer is no.
    /// </summary>
    public bool HaveAllSentHeartbeats(DateTimeOffset since, DateTimeOffset now) =>
        !(now - firstListening < options.Timeout / 3) && hosts.Values.All(host => host.HeartbeatAt > since);

    /// <summary>Slots of all hosts for chunks of <paramref name="resourceClass"/>.</summary>
    public int Slots(string resourceClass) => hosts.Values.Sum(host => host.SlotsOf(resourceClass));

    /// <summary>The hosts that take chunks of <paramref name="resourceClass"/>.</summary>
    public IEnumerable<string> Available(string resourceClass) =>
        hosts.Where(pair => pair.Value.Status.OnHold is null && pair.Value.SlotsOf(resourceClass) > 0).Select(pair => pair.Key);

    /// <summary>
    /// Since when some host has had a free slot for <paramref name="resourceClass"/> for at least <paramref name="duration"/>, as far as its heartbeats tell; null when none
    /// has. A host that is silent since then proves nothing: it may be cut off from the queue too.
    /// </summary>
    public DateTimeOffset? IdleSince(string resourceClass, TimeSpan duration)
    {
        DateTimeOffset? idle = null;
        foreach (var host in hosts.Values)
        {
            if (host.FreeSince(resourceClass) is { } since && host.HeartbeatAt - since >= duration && !(since >= idle))
                idle = since;
        }

        return idle;
    }

    /// <summary>Records a heartbeat.</summary>
    /// <returns>Whether the consumer was known, is new, or must stop because another one has its name.</returns>
    public HostArrival Record(HostHeartbeat heartbeat, DateTimeOffset now)
    {
        var name = heartbeat.Host.Name;
        hosts.TryGetValue(name, out var before);
        if (heartbeat.Instance is { } instance)
        {
            if (refused.Contains(instance))
                return HostArrival.Refused;
            if (before?.FormerInstance == instance)
            {
                if (!before.IsFormerOnline(now))
                    return HostArrival.Known;
                refused.Add(before.Instance!.Value);
            }
        }

        if (heartbeat.Stopping)
        {
            // The last heartbeat of a consumer can arrive after the first one of the consumer that was started in its place.
            if (before?.Instance == heartbeat.Instance)
                hosts.Remove(name);
            return HostArrival.Known;
        }

        // After a gap in the heartbeats the broker may have been away, and a slot without a broker does not prove the queue empty.
        var isSame = before is not null && before.Instance == heartbeat.Instance;
        var wasConnected = isSame && now - before!.LastSeen < options.Timeout / 3;
        hosts[name] = new OnlineHost(heartbeat, isSame ? before!.FormerInstance : before?.Instance, now, wasConnected ? before : null);
        return isSame ? HostArrival.Known : HostArrival.New;
    }

    /// <summary>Records that a report of the host arrived: the host is online.</summary>
    public void RecordReport(string host, DateTimeOffset now)
    {
        if (hosts.TryGetValue(host, out var known))
            known.LastSeen = now;
    }

    /// <summary>
    /// Records that a slot of the host found work of a resource class. A slot that a heartbeat showed as free was only between two chunks.
    /// </summary>
    public void RecordWork(string host, string resourceClass, DateTimeOffset now)
    {
        if (hosts.TryGetValue(host, out var known))
            known.RecordWork(resourceClass, now);
    }

    /// <summary>Removes the hosts that have been silent for too long.</summary>
    /// <returns>Their names.</returns>
    public IReadOnlyList<string> RemoveSilent(DateTimeOffset now)
    {
        List<string>? silent = null;
        foreach (var (name, host) in hosts)
        {
            if (SilenceSince(host.LastSeen, now) > options.Timeout)
                (silent ??= []).Add(name);
        }

        foreach (var name in silent ?? [])
            hosts.Remove(name);
        return silent ?? [];
    }
}
