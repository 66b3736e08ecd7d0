using System.Data.Common;
using System.Globalization;
using DistributedBatch.Contracts.Text;
using DistributedBatch.Storage.Connections;
using DistributedBatch.Tracker.Statistics;
using DistributedBatch.Tracker.Storage;

namespace DistributedBatch.Tracker.Queries;

/// <summary>
/// All queries about runs, for the HTTP API, the dashboard and the commands on a local data directory. The number of rows that a query reads depends on the
/// size of its result, not on the size of the run. All members may be used from any thread.
/// </summary>
/// <param name="database">The database.</param>
/// <param name="time">The clock for rates.</param>
/// <param name="options">The settings; null for the defaults.</param>
public sealed partial class RunQueries(TrackerDatabase database, TimeProvider time, QueryOptions? options = null)
{
    /// <summary>The most rows of a page.</summary>
    public const int MaxRows = 1000;

    private readonly TimeSpan hostTimeout = (options ?? new QueryOptions()).HostTimeout;

    /// <summary>Lists runs, newest first.</summary>
    /// <param name="state">Only those in this state; null for all.</param>
    /// <param name="limit">The most rows to return, at most <see cref="MaxRows"/>.</param>
    /// <param name="after"><see cref="Page{T}.Next"/> of the previous page; null for the first page.</param>
    /// <param name="cancellation">Cancels the query.</param>
    public async Task<Page<RunView>> ListAsync(RunState? state = null, int limit = 50, string? after = null, CancellationToken cancellation = default)
    {
        limit = Math.Clamp(limit, 1, MaxRows);
        await using var connection = await database.OpenAsync(cancellation);
        var below = long.TryParse(after, NumberStyles.None, CultureInfo.InvariantCulture, out var key) ? key : long.MaxValue;
        var filter = state is null ? "" : " AND state = $3";
        object[] arguments = state is null ? [below, limit + 1] : [below, limit + 1, state.Value.ToText()];
        var rows = await connection.ListAsync(
            $"SELECT {RunRow.Columns} FROM runs WHERE forgotten = 0 AND run_no < $1{filter} ORDER BY run_no DESC LIMIT $2", RunRow.Read, cancellation, arguments);
        var page = rows.Take(limit).ToList();
        var views = await ViewsAsync(connection, page, cancellation);
        return new Page<RunView>(views, rows.Count > limit ? page[^1].Number.ToString(CultureInfo.InvariantCulture) : null);
    }

    /// <summary>Finds a run by its id, its name (the newest run of that name), a unique prefix of its id, or as <c>last</c>.</summary>
    public async Task<RunSelector> FindAsync(string text, CancellationToken cancellation = default)
    {
        const int Shown = 5;
        await using var connection = await database.OpenAsync(cancellation);
        var exact = text == "last"
            ? await FindAsync("SELECT run FROM runs WHERE forgotten = 0 ORDER BY run_no DESC LIMIT 1")
            : await FindAsync("SELECT run FROM runs WHERE forgotten = 0 AND run = $1", text) is { Count: > 0 } byId
                ? byId
                : await FindAsync("SELECT run FROM runs WHERE forgotten = 0 AND name = $1 ORDER BY run_no DESC LIMIT 1", text);
        if (exact.Count > 0)
            return new RunSelector.Found(exact[0]);

        // '~' sorts after every character of an id, so this is a range of the index and not a pattern.
        var byPrefix = text is "" or "last" ? [] : await FindAsync(
            "SELECT run FROM runs WHERE forgotten = 0 AND run >= $1 AND run < $2 ORDER BY run_no DESC LIMIT $3", text, text + "~", Shown);
        return byPrefix switch
        {
            [var only] => new RunSelector.Found(only),
            [] => new RunSelector.None(text == "last"
                ? "There are no runs yet."
                : $"No run has the id or name '{text}', and no id begins with it. `dbatch list` shows all runs."),
            _ => new RunSelector.Ambiguous(
                $"'{text}' matches {string.Join(", ", byPrefix)}{(byPrefix.Count == Shown ? " and others" : "")}. Give more characters of the id.", byPrefix),
        };

        Task<List<RunId>> FindAsync(string sql, params object[] arguments) =>
            connection.ListAsync(sql, reader => RunId.Parse(reader.GetString(0)), cancellation, arguments);
    }

    /// <summary>One run; null when the tracker does not know it.</summary>
    public async Task<RunView?> ShowAsync(RunId run, CancellationToken cancellation = default)
    {
        await using var connection = await database.OpenAsync(cancellation);
        return await RowAsync(connection, run, cancellation) is { } row
            ? (await ViewsAsync(connection, [row], cancellation))[0] with
            {
                Usage = await UsageAsync(connection, row, cancellation),
                FailedAttempts = await CountFailedAttemptsAsync(connection, row, cancellation),
            }
            : null;
    }

    /// <summary>Name of the token that submitted a run; null when none did, or when the tracker does not know the run.</summary>
    internal async Task<string?> SubmitterAsync(RunId run, CancellationToken cancellation)
    {
        await using var connection = await database.OpenAsync(cancellation);
        return (await RowAsync(connection, run, cancellation))?.Submitter;
    }

    /// <summary>The number of runs by state, and the chunks of all runs that are not settled.</summary>
    internal async Task<(IReadOnlyDictionary<RunState, long> Runs, ChunkCounts Chunks)> TotalsAsync(CancellationToken cancellation)
    {
        await using var connection = await database.OpenAsync(cancellation);
        var runs = await connection.ListAsync(
            "SELECT state, count(*) FROM runs WHERE forgotten = 0 GROUP BY state", reader => (State: EnumText.Parse<RunState>(reader.GetString(0))!.Value, Runs: reader.GetInt64(1)), cancellation);
        var chunks = await connection.ListAsync(
            """
            SELECT coalesce(sum(chunks_total), 0), coalesce(sum(pending), 0), coalesce(sum(queued), 0), coalesce(sum(running), 0), coalesce(sum(succeeded), 0),
              coalesce(sum(failed), 0), coalesce(sum(cancelled), 0) FROM runs WHERE forgotten = 0 AND state IN ('running', 'paused')
            """,
            reader => new ChunkCounts(Sum(reader, 0), Sum(reader, 1), Sum(reader, 2), Sum(reader, 3), Sum(reader, 4), Sum(reader, 5), Sum(reader, 6)), cancellation);
        return (runs.ToDictionary(row => row.State, row => row.Runs), chunks[0]);

        static int Sum(DbDataReader reader, int column) => (int)Math.Min(int.MaxValue, Whole(reader.GetValue(column)));
    }

    private static async Task<RunRow?> RowAsync(DbConnection connection, RunId run, CancellationToken cancellation) =>
        (await connection.ListAsync($"SELECT {RunRow.Columns} FROM runs WHERE forgotten = 0 AND run = $1", RunRow.Read, cancellation, run.Value))
            .FirstOrDefault();

    private async Task<List<RunView>> ViewsAsync(DbConnection connection, List<RunRow> runs, CancellationToken cancellation)
    {
        if (runs.Count == 0)
            return [];
        var now = time.GetUtcNow();
        var histograms = runs.ToDictionary(run => run.Number, _ => new DurationHistogram());
        await foreach (var (run, bucket, count) in connection.StreamAsync(
            $"SELECT run_no, bucket, n FROM run_durations WHERE run_no IN ({Numbers(histograms.Keys)})",
            reader => (reader.GetInt64(0), (int)reader.GetInt64(1), reader.GetInt64(2)),
            [],
            cancellation))
        {
            histograms[run].Add(bucket, count);
        }

        var views = new List<RunView>(runs.Count);
        foreach (var run in runs)
        {
            var settled = run.State.IsSettled();
            var recent = settled ? default : await RecentAsync(connection, run, now, cancellation);
            var running = settled ? [] : await RunningSecondsAsync(connection, run, now, cancellation);
            views.Add(new RunSnapshot(histograms[run.Number], recent, running).View(run, database.DataDirectory, now));
        }

        return views;
    }

    /// <summary>The throughput of the last minute, or of the last hour or day when too few attempts ended.</summary>
    private static async Task<Throughput> RecentAsync(DbConnection connection, RunRow run, DateTimeOffset now, CancellationToken cancellation)
    {
        var recent = default(Throughput);
        foreach (var (step, window) in new[] { (1, 60), (60, 3600), (3600, 86_400) })
        {
            var since = Math.Max(now.ToUnixTimeSeconds() - window, run.SubmittedAt.ToUnixTimeSeconds() / step * step);
            var seconds = Math.Min(window, Math.Max((now - run.SubmittedAt).TotalSeconds, 0.001));
            recent = (await connection.ListAsync(
                "SELECT coalesce(sum(succeeded + failed), 0), coalesce(sum(failed), 0), coalesce(sum(items), 0), coalesce(sum(busy_seconds), 0) FROM run_timeline "
                + "WHERE run_no = $1 AND step = $2 AND at >= $3",
                reader => new Throughput(
                    seconds, Whole(reader.GetValue(0)), Whole(reader.GetValue(1)), Whole(reader.GetValue(2)),
                    Convert.ToDouble(reader.GetValue(3), CultureInfo.InvariantCulture)),
                cancellation,
                run.Number, step, since))[0];
            if (recent.Attempts >= Throughput.Enough || seconds < window)
                break;
        }

        return recent;
    }

    private static async Task<RunUsage?> UsageAsync(DbConnection connection, RunRow run, CancellationToken cancellation) =>
        (await connection.ListAsync(
            "SELECT seconds, cpu_seconds, peak_memory, read_bytes, written_bytes FROM run_usage WHERE run_no = $1",
            reader => new RunUsage(reader.GetDouble(0), reader.GetDouble(1), reader.GetInt64(2), reader.GetInt64(3), reader.GetInt64(4)),
            cancellation,
            run.Number)).FirstOrDefault();

    private static async Task<long> CountFailedAttemptsAsync(DbConnection connection, RunRow run, CancellationToken cancellation) =>
        (await connection.ListAsync(
            $"SELECT coalesce(sum(n), 0) FROM run_outcomes WHERE run_no = $1 AND outcome NOT IN ('succeeded', 'cancelled', 'released', '{AttemptDeltas.Duplicate}')",
            reader => Whole(reader.GetValue(0)),
            cancellation,
            run.Number))[0];

    private static Task<List<double>> RunningSecondsAsync(DbConnection connection, RunRow run, DateTimeOffset now, CancellationToken cancellation) =>
        connection.ListAsync(
            "SELECT a.started_at FROM attempts a JOIN chunks c ON c.run_no = a.run_no AND c.idx = a.idx AND c.state = 'running' AND c.attempts = a.attempt "
            + "WHERE a.run_no = $1 AND a.outcome IS NULL LIMIT 4096",
            reader => Math.Max(0, (now - reader.Time(0)).TotalSeconds),
            cancellation,
            run.Number);

    private static string Numbers<T>(IEnumerable<T> numbers)
        where T : IFormattable => string.Join(", ", numbers.Select(number => number.ToString(null, CultureInfo.InvariantCulture)));
}
