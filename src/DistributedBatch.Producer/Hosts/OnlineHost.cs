using DistributedBatch.Contracts.Hosts;
using DistributedBatch.Messaging.Chunks;

namespace DistributedBatch.Producer.Hosts;

/// <summary>A host that is online, as its last heartbeat described it.</summary>
internal sealed class OnlineHost
{
    private static readonly TimeSpan LateHeartbeats = TimeSpan.FromSeconds(4);

    private readonly Dictionary<string, DateTimeOffset> freeSince = new(StringComparer.Ordinal);
    private DateTimeOffset? formerSeenAt;

    /// <summary>The host as of a heartbeat.</summary>
    /// <param name="heartbeat">The heartbeat.</param>
    /// <param name="formerInstance">The consumer that had this name before; null for none.</param>
    /// <param name="now">The time.</param>
    /// <param name="before">The host before, when the same consumer was connected since then; null when it was not.</param>
    public OnlineHost(HostHeartbeat heartbeat, Guid? formerInstance, DateTimeOffset now, OnlineHost? before)
    {
        (Status, Instance, FormerInstance, HeartbeatAt, LastSeen, formerSeenAt) = (heartbeat.Host, heartbeat.Instance, formerInstance, now, now, before?.formerSeenAt);
        foreach (var resourceClass in Status.Classes)
        {
            // A host of an older version does not say to which class an attempt belongs, so it may belong to each.
            var busy = heartbeat.Running.Count(attempt => attempt.Class is null || attempt.Class == resourceClass);
            if (Status.OnHold is null && busy < SlotsOf(resourceClass))
                freeSince[resourceClass] = before?.FreeSince(resourceClass) ?? now;
        }
    }

    /// <summary>The host as it described itself.</summary>
    public HostStatus Status { get; }

    /// <summary>The consumer, see <see cref="HostHeartbeat.Instance"/>.</summary>
    public Guid? Instance { get; }

    /// <summary>The consumer that had this name before; null for none.</summary>
    public Guid? FormerInstance { get; }

    /// <summary>When a heartbeat arrived last.</summary>
    public DateTimeOffset HeartbeatAt { get; }

    /// <summary>When a heartbeat or report arrived last.</summary>
    public DateTimeOffset LastSeen { get; set; }

    /// <summary>Slots for chunks of a resource class. A host of an older version does not count its GPU slots; it has one for each card.</summary>
    public int SlotsOf(string resourceClass)
    {
        if (!Status.Classes.Contains(resourceClass, StringComparer.Ordinal))
            return 0;
        var gpuSlots = Status.GpuSlots ?? Math.Min(Status.Slots, Status.Gpus.Count);
        return resourceClass == ResourceClass.Gpu ? gpuSlots : Status.Slots - gpuSlots;
    }

    /// <summary>Since when a slot of a resource class has always been free; null when none is.</summary>
    public DateTimeOffset? FreeSince(string resourceClass) => freeSince.TryGetValue(resourceClass, out var since) ? since : null;

    /// <summary>A slot of a resource class found work.</summary>
    public void RecordWork(string resourceClass, DateTimeOffset now)
    {
        if (freeSince.ContainsKey(resourceClass))
            freeSince[resourceClass] = now;
    }

    /// <summary>
    /// Records a heartbeat of the former consumer. One that was killed may have left heartbeats that arrive late, but all of them together.
    /// </summary>
    /// <returns>Whether the former consumer is still online, so that two consumers have this name.</returns>
    public bool IsFormerOnline(DateTimeOffset now)
    {
        formerSeenAt ??= now;
        return now - formerSeenAt >= LateHeartbeats;
    }

    /// <summary>It is not known any more since when slots are free.</summary>
    public void ForgetFreeSlots() => freeSince.Clear();
}
