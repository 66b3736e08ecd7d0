using DistributedBatch.Producer.Ledger;

namespace DistributedBatch.Producer.Hosts;

/// <summary>
/// Finds chunks that no host will report any more. Silence counts only while this producer could hear, see <see cref="HostRegistry.ListenAgain"/>. Should a rule ever be wrong, the chunk runs twice and the first success counts.
/// <para>
/// A <b>leased</b> chunk is lost when its host is lost, or when three heartbeats of its host in a row do not name it (the consumer was restarted).
/// </para>
/// <para>
/// A <b>started</b> chunk whose delivery the broker took back is lost when its host stays silent for
/// <see cref="HostRegistry.ReconnectTime"/>, or when two heartbeats do not name it. Until then only the host's connection is known to be lost.
/// </para>
/// <para>
/// A <b>queued</b> chunk whose delivery the broker took back may run on the host that had it, whose report of the start is on its way. It is lost when every host has sent a
/// heartbeat since then that does not name it, and at the latest after <see cref="HostRegistry.ReconnectTime"/>.
/// </para>
/// <para>
/// Any <b>other</b> chunk is with the broker, which hands it on when a host dies, so it is lost only when the broker lost it. The queue is served in
/// order: a slot that stays free proves that the queue is empty. A chunk is lost when it was dispatched before some slot of its class became free,
/// and that slot has been free for <see cref="HostSupervisionOptions.LostAfter"/>.
/// </para>
/// </summary>
internal static class LostChunkDetector
{
    /// <summary>A heartbeat can be made just before an attempt starts and arrive just after its report; three in a row cannot.</summary>
    public const int MaxMissedHeartbeats = 3;

    /// <summary>The start of an attempt whose delivery was lost is known, so only its end can lie between a heartbeat and its report.</summary>
    public const int MaxMissedAfterLostDelivery = 2;

    /// <summary>Records which of the run's attempts a heartbeat names.</summary>
    public static void Record(RunId run, RunLedger ledger, HostHeartbeat heartbeat)
    {
        foreach (var (index, _, chunk) in ledger.InFlight)
        {
            if (chunk.Host != heartbeat.Host.Name && !IsUnclaimed(chunk))
                continue;
            var named = heartbeat.Running.FirstOrDefault(attempt => attempt.Index == index && attempt.Run == run);
            if (chunk.Host is not null)
                chunk.MissedHeartbeats = named is not null ? 0 : chunk.MissedHeartbeats + 1;
            else if (named is not null)
                ledger.Claim(index, named.Attempt, heartbeat.Host.Name);
        }
    }

    /// <summary>Whether the delivery of a chunk was lost, and no host has said that it runs it.</summary>
    public static bool IsUnclaimed(InFlightChunk chunk) => chunk is { Host: null, DeliveryLostAt: not null };

    /// <summary>The run's lost chunks, and whether each was lost with its host.</summary>
    public static IReadOnlyList<(int Index, bool WithHost)> Find(
        RunLedger ledger, string resourceClass, HostRegistry hosts, HostSupervisionOptions options, DateTimeOffset now)
    {
        var idleSince = hosts.IdleSince(resourceClass, options.LostAfter);
        List<(int Index, bool WithHost)>? lost = null;
        foreach (var (index, state, chunk) in ledger.InFlight)
        {
            var isHostLost = chunk.Host is { } host
                && (hosts.IsOnline(host) ? chunk.MissedHeartbeats >= MaxMissedHeartbeats : hosts.SilenceSince(chunk.DispatchedAt, now) >= options.Timeout);
            if (chunk.DeliveryLostAt is { } lostAt)
            {
                if (IsLostAfterDelivery(chunk, lostAt, hosts, now))
                    (lost ??= []).Add((index, chunk.Host is not null));
                continue;
            }

            var isUnclaimed = state == ChunkState.Queued || (state == ChunkState.Running && isHostLost);
            if (chunk.Leased ? isHostLost : chunk.DispatchedAt <= idleSince && isUnclaimed)
                (lost ??= []).Add((index, chunk.Leased));
        }

        return lost ?? [];
    }

    private static bool IsLostAfterDelivery(InFlightChunk chunk, DateTimeOffset lostAt, HostRegistry hosts, DateTimeOffset now)
    {
        var isOverdue = hosts.SilenceSince(lostAt, now) >= hosts.ReconnectTime(lostAt);
        if (chunk.Host is not { } host)
            return isOverdue || hosts.HaveAllSentHeartbeats(lostAt, now);
        return (isOverdue && !(hosts.LastSeen(host) > lostAt)) || (hosts.IsOnline(host) && chunk.MissedHeartbeats >= MaxMissedAfterLostDelivery);
    }
}
