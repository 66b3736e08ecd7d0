using DistributedBatch.Contracts.Chunks;
using DistributedBatch.Contracts.Messages;
using DistributedBatch.Contracts.Runs;
using DistributedBatch.Producer.Ledger;

namespace DistributedBatch.Producer.Hosts;

/// <summary>
/// Finds chunks that nobody will report any more. Two rules. A <b>leased</b> chunk is lost when its host is silent for the host timeout, or when the host
/// lives but does not name it in three heartbeats in a row (its consumer was restarted). Any <b>other</b> chunk is in the broker's care, which hands it on by
/// itself when a host dies; it is lost only when the broker forgot it. The queue serves in order, so a slot that stays free proves the queue empty: a
/// chunk that was fed before some slot of its class became free, and is still not heard of when that slot has been free for
/// <see cref="ProducerOptions.LostAfter"/>, is fed again. Should the rule ever be wrong, the chunk runs twice and the first success counts.
/// </summary>
internal static class LostChunkDetector
{
    /// <summary>A heartbeat can be made just before an attempt starts and be read just after its report; three in a row cannot.</summary>
    public const int MostUnmentioned = 3;

    /// <summary>Notes which of the run's attempts on a host its heartbeat names.</summary>
    public static void Note(RunId run, RunLedger ledger, HostHeartbeat heartbeat)
    {
        foreach (var (index, _, flight) in ledger.OnTheirWay())
        {
            if (flight.Host != heartbeat.Host.Name)
                continue;
            var named = heartbeat.Running.Any(attempt => attempt.Index == index && attempt.Run == run);
            flight.Unmentioned = named ? 0 : flight.Unmentioned + 1;
        }
    }

    /// <summary>The run's lost chunks: with their host, or forgotten by the broker.</summary>
    public static IReadOnlyList<(int Index, bool WithHost)> Find(
        RunLedger ledger, string resourceClass, HostRegistry hosts, ProducerOptions options, DateTimeOffset now)
    {
        var idleSince = hosts.IdleSince(resourceClass);
        var isIdle = now - idleSince >= options.LostAfter;
        List<(int Index, bool WithHost)>? lost = null;
        foreach (var (index, state, flight) in ledger.OnTheirWay())
        {
            var hostIsGone = flight.Host is { } host
                && (hosts.IsAlive(host) ? flight.Unmentioned >= MostUnmentioned : now - flight.FedAt >= options.HostTimeout);
            if (flight.Leased ? hostIsGone : isIdle && flight.FedAt <= idleSince && (state == ChunkState.Queued || (state == ChunkState.Running && hostIsGone)))
                (lost ??= []).Add((index, flight.Leased));
        }

        return lost ?? [];
    }
}
