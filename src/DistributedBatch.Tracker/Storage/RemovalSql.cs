namespace DistributedBatch.Tracker.Storage;

/// <summary>The statements that remove a run. First the run is hidden, then its rows are deleted in slices.</summary>
internal static class RemovalSql
{
    /// <summary>Hides a settled run from all queries.</summary>
    public const string Hide = "UPDATE runs SET forgotten = 1 WHERE run = $1 AND forgotten = 0 AND state IN ('succeeded', 'failed', 'cancelled')";

    /// <summary>Records that all rows of the run are deleted, and clears its own row.</summary>
    public const string MarkRemoved = "UPDATE runs SET forgotten = 2, name = '', job = NULL, reason = NULL, notify = NULL WHERE run_no = $1";

    /// <summary>Removes a host, unless a heartbeat came after <c>$2</c>. Attempts keep its name.</summary>
    public const string DeleteHost = "DELETE FROM hosts WHERE host = $1 AND last_seen <= $2";

    /// <summary>For tables with a row for each chunk or attempt: deletes the chunks <c>[$2, $3)</c>.</summary>
    public static readonly IReadOnlyList<string> DeleteChunks =
        [.. new[] { "attempts", "failures", "results", "chunks" }.Select(table => $"DELETE FROM {table} WHERE run_no = $1 AND idx >= $2 AND idx < $3")];

    /// <summary>For tables with few rows for a run.</summary>
    public static readonly IReadOnlyList<string> DeleteRun =
        [.. new[] { "chunk_blocks", "run_outcomes", "run_durations", "run_timeline", "run_usage", "notices" }.Select(table => $"DELETE FROM {table} WHERE run_no = $1")];
}
