using DistributedBatch.Contracts.Chunks;
using DistributedBatch.Contracts.Messages;
using DistributedBatch.Contracts.Runs;
using DistributedBatch.Contracts.Text;
using DistributedBatch.Tracker.Projection;

namespace DistributedBatch.Tracker.Storage;

/// <summary>Takes the attempts of one batch in: rows first, then, for those that were news, their texts and what they add to the counters.</summary>
internal sealed class AttemptWriter(IWriteConnection to, IReadOnlyDictionary<RunId, long> runNumbers, DateTimeOffset now)
{
    /// <summary>Writes <paramref name="reports"/>, at most one for each attempt.</summary>
    public async Task WriteAsync(IReadOnlyList<AttemptReport> reports, CancellationToken cancellation)
    {
        if (reports.Count == 0)
            return;
        var deltas = new AttemptDeltas();
        var ended = new List<AttemptReport>();

        // Two successes of one chunk in the same batch: a database that takes all rows at once would see neither, so the second comes later.
        var first = new List<AttemptReport>();
        var late = new List<AttemptReport>();
        var succeeded = new HashSet<(RunId, int)>();
        foreach (var report in reports)
            (report.Outcome != AttemptOutcome.Succeeded || succeeded.Add((report.Run, report.Index)) ? first : late).Add(report);

        var news = await to.RunAsync(WriteSql.TakeAttempt, [.. first.Select(Row)], cancellation);
        for (var position = 0; position < first.Count; position++)
        {
            var report = first[position];
            if (!news[position])
            {
                if (report.Outcome == AttemptOutcome.Succeeded)
                    late.Add(report);
            }
            else if (report.Outcome is not null)
            {
                ended.Add(report);
                deltas.Add(runNumbers[report.Run], report, duplicate: false, now);
            }
        }

        // What succeeded and was no news is either known already, or came after another success of its chunk.
        var duplicates = await to.RunAsync(WriteSql.TakeDuplicate, [.. late.Select(Row)], cancellation);
        for (var position = 0; position < late.Count; position++)
        {
            if (duplicates[position])
                deltas.Add(runNumbers[late[position].Run], late[position], duplicate: true, now);
        }

        await WriteTextsAsync(ended, cancellation);
        await WriteDeltasAsync(deltas, cancellation);
    }

    private async Task WriteTextsAsync(List<AttemptReport> ended, CancellationToken cancellation)
    {
        await to.RunAsync(
            WriteSql.TakeFailure,
            [.. ended.Where(report => report.Outcome != AttemptOutcome.Succeeded).Select(report => new object?[]
            {
                runNumbers[report.Run], report.Index, report.Attempt, StorableText.Of(report.Error), StorableText.Of(report.StderrTail),
            })],
            cancellation);
        await to.RunAsync(
            WriteSql.TakeResult,
            [.. ended.Where(report => report is { Outcome: AttemptOutcome.Succeeded, Result: not null }).Select(report => new object?[]
            {
                runNumbers[report.Run], report.Index, report.Attempt, StorableText.Of(report.Result),
            })],
            cancellation);
    }

    private async Task WriteDeltasAsync(AttemptDeltas deltas, CancellationToken cancellation)
    {
        await to.RunAsync(WriteSql.AddOutcome, [.. deltas.Outcomes.Select(pair => new object?[] { pair.Key.Run, pair.Key.Outcome, pair.Value })], cancellation);
        await to.RunAsync(WriteSql.AddDuration, [.. deltas.Durations.Select(pair => new object?[] { pair.Key.Run, pair.Key.Bucket, pair.Value })], cancellation);
        await to.RunAsync(
            WriteSql.AddTimeline,
            [.. deltas.Timeline.Select(pair => new object?[]
            {
                pair.Key.Run, pair.Key.Step, pair.Key.At, pair.Value.Succeeded, pair.Value.Failed, pair.Value.Items, pair.Value.BusySeconds,
            })],
            cancellation);
        await to.RunAsync(
            WriteSql.AddUsage,
            [.. deltas.Usage.Select(pair => new object?[]
            {
                pair.Key, pair.Value.Seconds, pair.Value.CpuSeconds, pair.Value.PeakMemoryBytes, pair.Value.ReadBytes, pair.Value.WrittenBytes,
            })],
            cancellation);
        await to.RunAsync(
            WriteSql.AddHost,
            [.. deltas.Hosts.Select(pair => new object?[] { pair.Key, pair.Value.Succeeded, pair.Value.Failed })],
            cancellation);
    }

    private object?[] Row(AttemptReport report) =>
    [
        runNumbers[report.Run], report.Index, report.Attempt, report.Host, report.Slot, report.StartedAt.ToUnixTimeMilliseconds(),
        report.Outcome?.ToText(), report.Duration.TotalSeconds, report.ExitCode, report.Signal, report.CpuTime.TotalSeconds, report.PeakMemoryBytes,
        report.Warm.ToText(), report.StdoutBytes, report.StderrBytes, report.ReadBytes, report.WrittenBytes,
    ];
}
