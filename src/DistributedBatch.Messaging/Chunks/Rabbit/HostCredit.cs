using DistributedBatch.Messaging.Connections;

namespace DistributedBatch.Messaging.Chunks.Rabbit;

/// <summary>
/// How many deliveries a host may hold in one resource class: one for each slot, less the slots that are busy without a delivery on the live channel, plus the look-ahead
/// that short chunks need. Safe for several threads.
/// </summary>
internal sealed class HostCredit(BrokerOptions options, TimeProvider time)
{
    /// <summary>A running chunk counts as long after this time, and a host without a chunk as idle.</summary>
    public static readonly TimeSpan LongAfter = TimeSpan.FromMilliseconds(100);

    private readonly Lock gate = new();
    private readonly HashSet<RabbitDelivery> busy = [];
    private readonly ChunkPace pace = new(time);
    private long endedAt;

    /// <summary>How many slots receive, busy ones included.</summary>
    public int Slots { get; set; }

    /// <summary>The live channel; null while there is none.</summary>
    public QueueChannel? Live { get; set; }

    /// <summary>Chunks that may lie ready besides those in the slots.</summary>
    public int LookAhead { get; private set; }

    /// <summary>Whether the look-ahead depends on time, because chunks were or are short.</summary>
    public bool DependsOnTime => pace.Service is not null;

    /// <summary>Deliveries that the broker may leave with us.</summary>
    public int Current
    {
        get
        {
            lock (gate)
                return Slots == 0 ? 0 : Math.Max(0, Slots - busy.Count(delivery => delivery.IsLeased || delivery.Channel != Live) + LookAhead);
        }
    }

    /// <summary>
    /// Chunks that may stay ready: those of the free slots, and twice the look-ahead, because that is soon worked off. None when no slot is to receive.
    /// </summary>
    public int MaxReady
    {
        get
        {
            lock (gate)
                return Slots == 0 ? 0 : Math.Max(0, Slots - busy.Count) + (2 * LookAhead);
        }
    }

    /// <summary>A chunk arrived.</summary>
    public void Arrived() => pace.Arrived();

    /// <summary>A slot works on a chunk from now on.</summary>
    public void Started(RabbitDelivery delivery)
    {
        lock (gate)
        {
            delivery.StartedAt = time.GetTimestamp();
            busy.Add(delivery);
        }
    }

    /// <summary>A slot has finished a chunk.</summary>
    /// <returns>Whether <see cref="Current"/> may be another number now.</returns>
    public bool Ended(RabbitDelivery delivery)
    {
        lock (gate)
        {
            delivery.EndedAt = endedAt = time.GetTimestamp();
            pace.Ended(time.GetElapsedTime(delivery.StartedAt, endedAt));
            busy.Remove(delivery);
            return delivery.IsLeased || delivery.Channel != Live || NextLookAhead() != LookAhead;
        }
    }

    /// <summary>A chunk is acknowledged, which makes room for another.</summary>
    public void Acknowledged(RabbitDelivery delivery) => pace.Acknowledged(delivery.EndedAt);

    /// <summary>Heartbeats keep a chunk from now on; its slot stays busy.</summary>
    public void Leased(RabbitDelivery delivery)
    {
        lock (gate)
            delivery.IsLeased = true;
    }

    /// <summary>Sets the look-ahead to what the last chunks and the running ones ask for.</summary>
    public void Adjust()
    {
        lock (gate)
        {
            // What follows a pause may be another run.
            if (busy.Count == 0 && Live is { IsIdle: true } && time.GetElapsedTime(endedAt) >= LongAfter)
                pace.ForgetService();
            LookAhead = NextLookAhead();
        }
    }

    // A slot that is at a long chunk finishes none of those that lie ready.
    private int NextLookAhead()
    {
        var atLongOnes = busy.Count(delivery => time.GetElapsedTime(delivery.StartedAt) > LongAfter);
        return Rabbit.LookAhead.Next(LookAhead, Rabbit.LookAhead.For(pace.Service, pace.RoundTrip, Math.Max(0, Slots - atLongOnes), options.MaxPrefetch));
    }
}
