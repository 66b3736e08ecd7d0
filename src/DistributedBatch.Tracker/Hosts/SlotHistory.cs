using System.Collections.Concurrent;
using DistributedBatch.Contracts.Api;
using DistributedBatch.Contracts.Messages;
using DistributedBatch.Tracker.Projection;

namespace DistributedBatch.Tracker.Hosts;

/// <summary>
/// The last attempts of every slot, for the timeline of a host. Kept in memory only: an index over all attempts by time would cost every report something,
/// and after a restart of the tracker the slots fill it again by themselves. All members may be used from any thread.
/// </summary>
internal sealed class SlotHistory
{
    /// <summary>Attempts kept of each slot.</summary>
    public const int KeptASlot = 100;

    private readonly ConcurrentDictionary<string, Dictionary<int, Queue<SlotSpan>>> hosts = new(StringComparer.Ordinal);

    /// <summary>Takes in the attempts of a batch that has been committed.</summary>
    public void Add(ProjectionBatch batch)
    {
        foreach (var report in batch.Attempts.Values)
        {
            if (report.Outcome is not null)
                Add(report);
        }
    }

    /// <summary>What ended on a host after <paramref name="since"/>, by slot and time; empty for a host that was not heard of.</summary>
    public IReadOnlyList<SlotSpan> Of(string host, DateTimeOffset since)
    {
        if (!hosts.TryGetValue(host, out var slots))
            return [];
        lock (slots)
        {
            return [.. slots.Values.SelectMany(spans => spans).Where(span => span.StartedAt.AddSeconds(span.Seconds) > since)
                .OrderBy(span => span.Slot).ThenBy(span => span.StartedAt)];
        }
    }

    private void Add(AttemptReport report)
    {
        var slots = hosts.GetOrAdd(report.Host, static _ => []);
        var span = new SlotSpan(
            report.Slot, report.Run, report.Index, report.Attempt, report.StartedAt, report.Duration.TotalSeconds, report.Outcome!.Value);
        lock (slots)
        {
            if (!slots.TryGetValue(report.Slot, out var spans))
                slots[report.Slot] = spans = new Queue<SlotSpan>();
            // A report that comes twice comes soon after the first.
            if (spans.Contains(span))
                return;
            if (spans.Count == KeptASlot)
                spans.Dequeue();
            spans.Enqueue(span);
        }
    }
}
