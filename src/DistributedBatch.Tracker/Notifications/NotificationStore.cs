using DistributedBatch.Contracts.Text;
using DistributedBatch.Storage.Connections;
using DistributedBatch.Tracker.Queries;
using DistributedBatch.Tracker.Storage;

namespace DistributedBatch.Tracker.Notifications;

/// <summary>The runs whose users want notifications, and the notifications that were recorded and sent (table <c>notices</c>).</summary>
internal sealed class NotificationStore(TrackerDatabase database, RunQueries queries)
{
    private const int MaxDue = 32;

    private const string Insert = """
        INSERT INTO notices (run_no, event, revision, address, body, made_at, due_at) VALUES ($1, $2, $3, $4, $5, $6, $6)
        ON CONFLICT (run_no, event, revision) DO NOTHING
        """;

    private const string UpdateDue = "UPDATE notices SET due_at = $4, tries = tries + 1 WHERE run_no = $1 AND event = $2 AND revision = $3";

    /// <summary>
    /// The runs with a notification address that are running, or whose end is not recorded yet. A run of which only the submission has arrived has no state yet.
    /// </summary>
    public async Task<IReadOnlyList<WatchedRun>> WatchedAsync(CancellationToken cancellation)
    {
        await using var connection = await database.OpenAsync(cancellation);
        var rows = await connection.ListAsync(
            """
            SELECT run_no, run, revision, changed_at, notify, notify_failures FROM runs r
            WHERE notify IS NOT NULL AND forgotten = 0 AND revision > 0
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

    /// <summary>The recorded events of a run.</summary>
    public async Task<IReadOnlySet<(string Event, long Revision)>> RecordedAsync(long run, CancellationToken cancellation)
    {
        await using var connection = await database.OpenAsync(cancellation);
        return (await connection.ListAsync(
            "SELECT event, revision FROM notices WHERE run_no = $1", reader => (reader.GetString(0), reader.GetInt64(1)), cancellation, run))
            .ToHashSet();
    }

    /// <summary>Records a notification that is due now. An event that is recorded already is left as it is.</summary>
    public Task RecordAsync(WatchedRun run, RunEvent what, long revision, string body, DateTimeOffset now, CancellationToken cancellation) => WriteAsync(
        Insert, [run.Number, what.ToText(), revision, run.Address.OriginalString, StorableText.Of(body), now.ToUnixTimeMilliseconds()], cancellation);

    /// <summary>The notifications to send now, the oldest first.</summary>
    public async Task<IReadOnlyList<StoredNotification>> DueAsync(DateTimeOffset now, CancellationToken cancellation)
    {
        await using var connection = await database.OpenAsync(cancellation);
        return await connection.ListAsync(
            "SELECT run_no, event, revision, address, body, made_at, tries FROM notices WHERE due_at <= $1 ORDER BY due_at LIMIT $2",
            reader => new StoredNotification(
                reader.GetInt64(0), reader.GetString(1), reader.GetInt64(2), new Uri(reader.GetString(3)), reader.GetString(4), reader.Time(5),
                (int)reader.GetInt64(6)),
            cancellation, now.ToUnixTimeMilliseconds(), MaxDue);
    }

    /// <summary>Records a try to send.</summary>
    /// <param name="notification">The notification.</param>
    /// <param name="nextTry">The time of the next try; null for none.</param>
    /// <param name="cancellation">Cancels the write.</param>
    public Task RecordTryAsync(StoredNotification notification, DateTimeOffset? nextTry, CancellationToken cancellation) => WriteAsync(
        UpdateDue, [notification.Number, notification.Event, notification.Revision, nextTry?.ToUnixTimeMilliseconds()], cancellation);

    private Task WriteAsync(string sql, object?[] row, CancellationToken cancellation) =>
        database.Writer.ExecuteAsync([new Statement(sql, [row])], cancellation);
}
