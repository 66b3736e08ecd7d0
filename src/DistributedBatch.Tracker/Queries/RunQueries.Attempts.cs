using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text.Json;
using DistributedBatch.Contracts.Json;
using DistributedBatch.Storage.Connections;
using DistributedBatch.Tracker.Statistics;

namespace DistributedBatch.Tracker.Queries;

/// <content>Queries about attempts: ends, results, throughput.</content>
public sealed partial class RunQueries
{
    private const string AttemptsOf = $"""
        SELECT {AttemptRow.Columns}
        FROM attempts a
        LEFT JOIN chunks c ON c.run_no = a.run_no AND c.idx = a.idx
        {AttemptRow.Joins}
        WHERE a.run_no = (SELECT run_no FROM runs WHERE run = $1)
        """;

    /// <summary>All attempts of one chunk, in order; empty when none is known.</summary>
    public async Task<IReadOnlyList<AttemptView>> AttemptsAsync(RunId run, int index, CancellationToken cancellation = default)
    {
        await using var connection = await database.OpenAsync(cancellation);
        return await connection.ListAsync(
            $"{AttemptsOf} AND a.idx = $2 ORDER BY a.attempt", reader => AttemptRow.Read(reader)!, cancellation, run.Value, index);
    }

    /// <summary>The longest attempts, longest first.</summary>
    public async Task<IReadOnlyList<AttemptView>> SlowestAsync(RunId run, int limit = 10, CancellationToken cancellation = default)
    {
        await using var connection = await database.OpenAsync(cancellation);
        return await connection.ListAsync(
            $"{AttemptsOf} AND a.outcome IS NOT NULL ORDER BY a.seconds DESC, a.idx DESC, a.attempt DESC LIMIT $2",
            reader => AttemptRow.Read(reader)!, cancellation, run.Value, Math.Clamp(limit, 1, MaxRows));
    }

    /// <summary>The failed attempts that started last, the latest first. Attempts whose chunk runs again are among them.</summary>
    public async Task<IReadOnlyList<AttemptView>> FailedAttemptsAsync(RunId run, int limit = 10, CancellationToken cancellation = default)
    {
        await using var connection = await database.OpenAsync(cancellation);
        return await connection.ListAsync(
            $"{AttemptsOf} AND a.outcome NOT IN ('succeeded', 'cancelled', 'released') ORDER BY a.started_at DESC LIMIT $2",
            reader => AttemptRow.Read(reader)!, cancellation, run.Value, Math.Clamp(limit, 1, MaxRows));
    }

    /// <summary>All attempts of a run in the order of the chunks, one by one.</summary>
    public async IAsyncEnumerable<AttemptView> AllAttemptsAsync(RunId run, [EnumeratorCancellation] CancellationToken cancellation = default)
    {
        await using var connection = await database.OpenAsync(cancellation);
        await foreach (var attempt in connection.StreamAsync(
            $"{AttemptsOf} ORDER BY a.idx, a.attempt", reader => AttemptRow.Read(reader)!, [run.Value], cancellation))
        {
            yield return attempt;
        }
    }

    /// <summary>
    /// The successful attempts whose chunks are not known to have succeeded: the producer has not heard of them, or its word was lost. One by one, in the order of the chunks.
    /// </summary>
    public async IAsyncEnumerable<AttemptView> UnsettledSuccessesAsync(RunId run, [EnumeratorCancellation] CancellationToken cancellation = default)
    {
        await using var connection = await database.OpenAsync(cancellation);
        await foreach (var attempt in connection.StreamAsync(
            $"{AttemptsOf} AND a.outcome = 'succeeded' AND a.duplicate = 0 AND (c.state IS NULL OR c.state <> 'succeeded') ORDER BY a.idx",
            reader => AttemptRow.Read(reader)!,
            [run.Value],
            cancellation))
        {
            yield return attempt;
        }
    }

    /// <summary>The results that chunks wrote to <c>DBATCH_RESULT</c>, in the order of the chunks, one by one.</summary>
    public async IAsyncEnumerable<RunResult> ResultsAsync(RunId run, [EnumeratorCancellation] CancellationToken cancellation = default)
    {
        await using var connection = await database.OpenAsync(cancellation);
        await foreach (var result in connection.StreamAsync(
            "SELECT idx, attempt, result FROM results WHERE run_no = (SELECT run_no FROM runs WHERE run = $1) ORDER BY idx",
            reader => new RunResult((int)reader.GetInt64(0), (int)reader.GetInt64(1), Json(reader.GetString(2))),
            [run.Value],
            cancellation))
        {
            yield return result;
        }
    }

    /// <summary>The throughput of a run over its whole time, in about <paramref name="points"/> buckets at most; null when the tracker does not know the run.</summary>
    public async Task<IReadOnlyList<TimelineBucket>?> TimelineAsync(RunId run, int points = 300, CancellationToken cancellation = default)
    {
        points = Math.Clamp(points, 1, 2000);
        await using var connection = await database.OpenAsync(cancellation);
        if (await RowAsync(connection, run, cancellation) is not { } row)
            return null;
        var span = (row.FinishedAt ?? time.GetUtcNow()) - row.SubmittedAt;
        // Summing a few thousand rows takes less time than showing them, so a finer step is affordable.
        var step = TimelineSteps.For(span, points * 10);
        var width = step * (int)Math.Max(1, Math.Ceiling(span.TotalSeconds / step / points));
        return await connection.ListAsync(
            """
            SELECT at / $3 * $3 AS bucket, sum(succeeded), sum(failed), sum(items), sum(busy_seconds) FROM run_timeline
            WHERE run_no = $1 AND step = $2 GROUP BY bucket ORDER BY bucket
            """,
            reader => new TimelineBucket(
                DateTimeOffset.FromUnixTimeSeconds(reader.GetInt64(0)), width, Whole(reader.GetValue(1)), Whole(reader.GetValue(2)), Whole(reader.GetValue(3)),
                reader.GetDouble(4)),
            cancellation,
            row.Number, step, (long)width);
    }

    // PostgreSQL sums bigints to a numeric.
    private static long Whole(object value) => Convert.ToInt64(value, CultureInfo.InvariantCulture);

    /// <summary>The result as JSON. A result that is not JSON is returned as a JSON string.</summary>
    private static JsonElement Json(string text)
    {
        try
        {
            return JsonSerializer.Deserialize(text, ContractsJson.Default.JsonElement);
        }
        catch (JsonException)
        {
            return JsonSerializer.SerializeToElement(text, ContractsJson.Default.String);
        }
    }
}
