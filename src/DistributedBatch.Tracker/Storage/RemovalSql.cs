namespace DistributedBatch.Tracker.Storage;

/// <summary>The statements that remove a forgotten run: first it is marked, which hides it from everybody, then its rows go slice by slice.</summary>
internal static class RemovalSql
{
    /// <summary>Hides a settled run.</summary>
    public const string Forget = "UPDATE runs SET forgotten = 1 WHERE run = $1 AND forgotten = 0 AND state IN ('succeeded', 'failed', 'cancelled')";

    /// <summary>Says that nothing of the run is left; what it was is dropped too.</summary>
    public const string Gone = "UPDATE runs SET forgotten = 2, name = '', job = NULL, reason = NULL, notify = NULL WHERE run_no = $1";

    /// <summary>Tables with a row a chunk or attempt, removed a slice of chunks (<c>$2</c> to before <c>$3</c>) at a time.</summary>
    public static readonly IReadOnlyList<string> Slices =
        [.. new[] { "attempts", "failures", "results", "chunks" }.Select(table => $"DELETE FROM {table} WHERE run_no = $1 AND idx >= $2 AND idx < $3")];

    /// <summary>Tables with few rows a run.</summary>
    public static readonly IReadOnlyList<string> Rest =
        [.. new[] { "chunk_blocks", "run_outcomes", "run_durations", "run_timeline", "run_usage", "notices" }.Select(table => $"DELETE FROM {table} WHERE run_no = $1")];
}
