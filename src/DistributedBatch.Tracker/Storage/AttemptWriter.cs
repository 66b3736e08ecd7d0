using DistributedBatch.Contracts.Text;
using DistributedBatch.Storage.Connections;

namespace DistributedBatch.Tracker.Storage;

/// <summary>Writes the attempts of one batch: first the rows, then the texts and counters of those that were not known before.</summary>
internal sealed class AttemptWriter(IWriteConnection connection, IReadOnlyDictionary<RunId, long> runNumbers, DateTimeOffset now)
{
    private AttemptDeltas deltas = new();
    private List<AttemptReport> ended = [];

    /// <summary>Writes <paramref name="reports"/>. There must be at most one for each attempt.</summary>
    public async Task WriteAsync(IReadOnlyList<AttemptReport> reports, CancellationToken cancellation)
    {
        if (reports.Count == 0)
            return;
        deltas = new AttemptDeltas();
        ended = [];

        // A database that takes all rows at once would not see that two of them are successes of one chunk. The second one is therefore written later.
        var first = new List<AttemptReport>();
        var successes = new List<AttemptReport>();
        var succeeded = new HashSet<(RunId, int)>();
        foreach (var report in reports)
            (report.Outcome != AttemptOutcome.Succeeded || succeeded.Add((report.Run, report.Index)) ? first : successes).Add(report);

        successes.AddRange((await UpsertAsync(first, cancellation)).Where(report => report.Outcome == AttemptOutcome.Succeeded));

        // A success that was not written is known already, is a duplicate, or its host was taken for lost.
        var lost = await TakeBackLossesAsync(successes, cancellation);
        if (lost.Count > 0)
        {
            var counted = lost.DistinctBy(report => (report.Run, report.Index)).ToList();
            var others = await UpsertAsync(counted, cancellation);
            successes = [.. successes.Except(counted), .. others];
        }

        var duplicates = await connection.RunAsync(TrackerSql.UpsertDuplicate, [.. successes.Select(Row)], cancellation);
        for (var position = 0; position < successes.Count; position++)
        {
            if (duplicates[position])
                deltas.Add(runNumbers[successes[position].Run], successes[position], duplicate: true, now);
        }

        await WriteTextsAsync(cancellation);
        await WriteDeltasAsync(cancellation);
    }

    /// <summary>Writes the attempts that were not known before, and gives the others.</summary>
    private async Task<List<AttemptReport>> UpsertAsync(List<AttemptReport> reports, CancellationToken cancellation)
    {
        var written = await connection.RunAsync(TrackerSql.UpsertAttempt, [.. reports.Select(Row)], cancellation);
        foreach (var report in reports.Where((report, position) => written[position] && report.Outcome is not null))
        {
            ended.Add(report);
            deltas.Add(runNumbers[report.Run], report, duplicate: false, now);
        }

        return [.. reports.Where((_, position) => !written[position])];
    }

    /// <summary>Forgets the presumed losses of these attempts, and gives the attempts that had one.</summary>
    private async Task<List<AttemptReport>> TakeBackLossesAsync(List<AttemptReport> successes, CancellationToken cancellation)
    {
        var deleted = await connection.RunAsync(TrackerSql.DeletePresumedLoss, [.. successes.Select(Key)], cancellation);
        List<AttemptReport> lost = [.. successes.Where((_, position) => deleted[position])];
        await connection.RunAsync(TrackerSql.DeleteFailure, [.. lost.Select(Key)], cancellation);
        foreach (var report in lost)
            deltas.TakeBackLoss(runNumbers[report.Run], report.Host);
        return lost;
    }

    private async Task WriteTextsAsync(CancellationToken cancellation)
    {
        await connection.RunAsync(
            TrackerSql.InsertFailure,
            [.. ended.Where(report => report.Outcome != AttemptOutcome.Succeeded).Select(report => new object?[]
            {
                runNumbers[report.Run], report.Index, report.Attempt, StorableText.Of(report.Error), StorableText.Of(report.StderrTail),
            })],
            cancellation);
        await connection.RunAsync(
            TrackerSql.InsertResult,
            [.. ended.Where(report => report is { Outcome: AttemptOutcome.Succeeded, Result: not null }).Select(report => new object?[]
            {
                runNumbers[report.Run], report.Index, report.Attempt, StorableText.Of(report.Result),
            })],
            cancellation);
    }

    private async Task WriteDeltasAsync(CancellationToken cancellation)
    {
        await connection.RunAsync(TrackerSql.AddOutcome, [.. deltas.Outcomes.Select(pair => new object?[] { pair.Key.Run, pair.Key.Outcome, pair.Value })], cancellation);
        await connection.RunAsync(TrackerSql.AddDuration, [.. deltas.Durations.Select(pair => new object?[] { pair.Key.Run, pair.Key.Bucket, pair.Value })], cancellation);
        await connection.RunAsync(
            TrackerSql.AddTimeline,
            [.. deltas.Timeline.Select(pair => new object?[]
            {
                pair.Key.Run, pair.Key.Step, pair.Key.At, pair.Value.Succeeded, pair.Value.Failed, pair.Value.Items, pair.Value.BusySeconds,
            })],
            cancellation);
        await connection.RunAsync(
            TrackerSql.AddUsage,
            [.. deltas.Usage.Select(pair => new object?[]
            {
                pair.Key, pair.Value.Seconds, pair.Value.CpuSeconds, pair.Value.PeakMemoryBytes, pair.Value.ReadBytes, pair.Value.WrittenBytes,
            })],
            cancellation);
        await connection.RunAsync(
            TrackerSql.AddHostCounts,
            [.. deltas.Hosts.Select(pair => new object?[] { pair.Key, pair.Value.Succeeded, pair.Value.Failed })],
            cancellation);
    }

    private object?[] Key(AttemptReport report) => [runNumbers[report.Run], report.Index, report.Attempt];

    private object?[] Row(AttemptReport report) =>
    [
        runNumbers[report.Run], report.Index, report.Attempt, report.Host, report.Slot, report.StartedAt.ToUnixTimeMilliseconds(),
        report.Outcome?.ToText(), report.Duration.TotalSeconds, report.ExitCode, report.Signal, report.CpuTime.TotalSeconds, report.PeakMemoryBytes,
        report.Warm.ToText(), report.StdoutBytes, report.StderrBytes, report.ReadBytes, report.WrittenBytes,
    ];
}
