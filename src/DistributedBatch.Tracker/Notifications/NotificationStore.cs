using DistributedBatch.Contracts.Runs;
using DistributedBatch.Contracts.Text;
using DistributedBatch.Tracker.Queries;
using DistributedBatch.Tracker.Storage;

namespace DistributedBatch.Tracker.Notifications;

/// <summary>Who wants to be told, what they are to be told, and what they were told: the table <c>notices</c>.</summary>
internal sealed class NotificationStore(TrackerDatabase database, IStorageDialect dialect, RunQueries queries)
{
    private const int MostAtOnce = 32;

    private const string Note = """
        INSERT INTO notices (run_no, event, revision, address, body, made_at, due_at) VALUES ($1, $2, $3, $4, $5, $6, $6)
        ON CONFLICT (run_no, event, revision) DO NOTHING
        """;

    private const string Try = "UPDATE notices SET due_at = $4, tries = tries + 1 WHERE run_no = $1 AND event = $2 AND revision = $3";

    /// <summary>Runs whose users want to be told and may not know everything yet: those that go on, and those whose end nobody was told of.</summary>
    public async Task<IReadOnlyList<WatchedRun>> WatchedAsync(CancellationToken cancellation)
    {
        await using var connection = await database.OpenAsync(cancellation);
        var rows = await connection.ListAsync(
            """
            SELECT run_no, run, revision, changed_at, notify, notify_failures FROM runs r
            WHERE notify IS NOT NULL AND forgotten = 0
              AND NOT EXISTS (SELECT 1 FROM notices n WHERE n.run_no = r.run_no AND n.event = 'ended' AND n.revision = r.revision)
            """,
            reader => (
                Number: reader.GetInt64(0), Run: RunId.Parse(reader.GetString(1)), Revision: reader.GetInt64(2), ChangedAt: reader.Time(3),
                Address: reader.GetString(4), Limit: (int)reader.GetInt64(5)),
            cancellation);
        var watched = new List<WatchedRun>(rows.Count);
        foreach (var row in rows)
        {
            if (Uri.TryCreate(row.Address, UriKind.Absolute, out var address) && await queries.ShowAsync(row.Run, cancellation) is { } view)
                watched.Add(new WatchedRun(row.Number, view, row.Revision, row.ChangedAt, address, row.Limit));
        }

        return watched;
    }

    /// <summary>The events of a run that were noted before.</summary>
    public async Task<IReadOnlySet<(string Event, long Revision)>> NotedAsync(long run, CancellationToken cancellation)
    {
        await using var connection = await database.OpenAsync(cancellation);
        return (await connection.ListAsync(
            "SELECT event, revision FROM notices WHERE run_no = $1", reader => (reader.GetString(0), reader.GetInt64(1)), cancellation, run))
            .ToHashSet();
    }

    /// <summary>Writes down what is to be told; once, however often it is asked.</summary>
    public Task NoteAsync(WatchedRun run, RunEvent what, long revision, string body, DateTimeOffset now, CancellationToken cancellation) => WriteAsync(
        Note, [run.Number, what.ToText(), revision, run.Address.OriginalString, StorableBody(body), now.ToUnixTimeMilliseconds()], cancellation);

    /// <summary>What is to be sent now, the oldest first.</summary>
    public async Task<IReadOnlyList<StoredNotification>> DueAsync(DateTimeOffset now, CancellationToken cancellation)
    {
        await using var connection = await database.OpenAsync(cancellation);
        return await connection.ListAsync(
            "SELECT run_no, event, revision, address, body, made_at, tries FROM notices WHERE due_at <= $1 ORDER BY due_at LIMIT $2",
            reader => new StoredNotification(
                reader.GetInt64(0), reader.GetString(1), reader.GetInt64(2), new Uri(reader.GetString(3)), reader.GetString(4), reader.Time(5),
                (int)reader.GetInt64(6)),
            cancellation, now.ToUnixTimeMilliseconds(), MostAtOnce);
    }

    /// <summary>Keeps that a notice was tried, and when it is tried again; null for never.</summary>
    public Task TriedAsync(StoredNotification notice, DateTimeOffset? again, CancellationToken cancellation) =>
        WriteAsync(Try, [notice.Number, notice.Event, notice.Revision, again?.ToUnixTimeMilliseconds()], cancellation);

    private static string StorableBody(string body) => Projection.StorableText.Of(body)!;

    private async Task WriteAsync(string sql, object?[] row, CancellationToken cancellation)
    {
        await using var writer = await dialect.OpenWriteAsync(cancellation);
        await writer.InTransactionAsync(() => writer.RunAsync(sql, [row], cancellation), cancellation);
    }
}
