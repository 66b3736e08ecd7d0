using DistributedBatch.Storage.Connections;

namespace DistributedBatch.Producer.Storage;

/// <summary>The statements of the ledger, the same for SQLite and PostgreSQL.</summary>
internal static class LedgerSql
{
    /// <summary>All runs, the oldest first, or the one with the id <c>$1</c>. The key is the last column.</summary>
    public const string SelectRuns = $"SELECT {RunRow.Columns}, key FROM run WHERE $1 = '' OR id = $1 ORDER BY key";

    public const string SelectChunks = $"SELECT {RunRow.ChunkColumns} FROM chunk WHERE run = $1 ORDER BY idx";

    /// <summary>The pages that hold the items <c>[$2, $3)</c>.</summary>
    public const string SelectItemPages = """
        SELECT first, items FROM item_page
        WHERE run = $1 AND first < $3 AND first >= (SELECT max(first) FROM item_page WHERE run = $1 AND first <= $2)
        ORDER BY first
        """;

    public const string InsertRun = $"""
        INSERT INTO run ({RunRow.Columns}) VALUES ($1, $2, $3, $4, $5, 0, 0, $6, NULL, NULL, 0, 0, 0, 0, 0, 0, 0, 0, $7)
        ON CONFLICT (id) DO NOTHING RETURNING key
        """;

    public const string SelectKey = "SELECT key FROM run WHERE id = $1";

    public const string InsertItemPage = "INSERT INTO item_page (run, first, items) VALUES ($1, $2, $3)";

    public const string UpdateRun = """
        UPDATE run SET revision = $1, announced = $2, state = $3, reason = $4, finished_at = $5, total = $6, pending = $7, queued = $8, running = $9,
            succeeded = $10, failed = $11, cancelled = $12, items_succeeded = $13, reserved = $14 WHERE key = $15
        """;

    public static readonly BulkInsert UpsertChunk = new(
        $"INSERT INTO chunk (run, {RunRow.ChunkColumns})",
        """
        ON CONFLICT (run, idx) DO UPDATE SET state = excluded.state, attempts = excluded.attempts, failures = excluded.failures,
            crashes = excluded.crashes, revision = excluded.revision, not_before = excluded.not_before, host = excluded.host, leased = excluded.leased
        """,
        "bigint", "integer", "bigint", "bigint", "text", "integer", "integer", "integer", "bigint", "bigint", "text", "boolean");

    public static readonly IReadOnlyList<string> DeleteRun =
    [
        "DELETE FROM chunk WHERE run = (SELECT key FROM run WHERE id = $1)",
        "DELETE FROM item_page WHERE run = (SELECT key FROM run WHERE id = $1)",
        "DELETE FROM run WHERE id = $1",
    ];
}
