using System.Collections.Concurrent;
using DistributedBatch.Tracker.Projection;

namespace DistributedBatch.Tracker.Hosts;

/// <summary>
/// The last attempts of every slot, for the timeline of a host. They are in memory only: an index of all attempts by time would slow down every report, and
/// after a restart the history fills again. All members may be used from any thread.
/// </summary>
internal sealed class SlotHistory
{
    /// <summary>The most attempts for each slot.</summary>
    public const int MaxAttempts = 100;

    private readonly ConcurrentDictionary<string, Dictionary<int, Queue<SlotSpan>>> hosts = new(StringComparer.Ordinal);

    /// <summary>Records the attempts of all batches that are committed from now on.</summary>
    public SlotHistory(ProjectionSignal signal) => signal.BatchCommitted += (batch, _) =>
    {
        foreach (var report in batch.Attempts.Values.Where(report => report.Outcome is not null))
            Add(report);
    };

    /// <summary>The attempts that ended on a host after <paramref name="since"/>, by slot and time; empty for an unknown host.</summary>
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
            // A repeated report comes soon after the first one.
            if (spans.Contains(span))
                return;
            if (spans.Count == MaxAttempts)
                spans.Dequeue();
            spans.Enqueue(span);
        }
    }
}
