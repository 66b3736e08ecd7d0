using System.Data.Common;
using System.Text.Json;
using DistributedBatch.Contracts.Chunks;
using DistributedBatch.Contracts.Json;
using DistributedBatch.Contracts.Runs;
using DistributedBatch.Contracts.Text;
using DistributedBatch.Producer.Ledger;

namespace DistributedBatch.Producer.Storage;

/// <summary>How runs and chunks are read from a row, the same in every dialect.</summary>
internal static class RunRow
{
    /// <summary>The columns <see cref="Read"/> expects.</summary>
    public const string Columns =
        "id, spec, dataset, columns, submitted_at, revision, announced, state, reason, finished_at, "
        + "total, pending, queued, running, succeeded, failed, cancelled, items_succeeded";

    /// <summary>The columns <see cref="ReadChunk"/> expects.</summary>
    public const string ChunkColumns = "idx, start, count, state, attempts, failures, crashes, revision, not_before, host, leased";

    /// <summary>A run from <see cref="Columns"/>.</summary>
    public static StoredRun Read(DbDataReader row)
    {
        var state = new LedgerState(
            row.GetInt64(5),
            EnumText.Parse<RunState>(row.GetString(7)) ?? throw Unreadable(row.GetString(7)),
            new ChunkCounts(row.GetInt32(10), row.GetInt32(11), row.GetInt32(12), row.GetInt32(13), row.GetInt32(14), row.GetInt32(15), row.GetInt32(16)),
            row.GetInt64(17),
            Time(row, 9),
            row.IsDBNull(8) ? null : row.GetString(8));
        return new StoredRun(
            RunId.Parse(row.GetString(0)),
            JsonSerializer.Deserialize(row.GetString(1), ContractsJson.Default.RunSpec)!,
            row.GetString(2),
            JsonSerializer.Deserialize(row.GetString(3), ContractsJson.Default.IReadOnlyListString)!,
            DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(4)),
            state,
            row.GetInt64(6));
    }

    /// <summary>A chunk from <see cref="ChunkColumns"/>.</summary>
    public static ChunkRow ReadChunk(DbDataReader row) => new(
        new ChunkRange(row.GetInt32(0), row.GetInt64(1), row.GetInt64(2)),
        EnumText.Parse<ChunkState>(row.GetString(3)) ?? throw Unreadable(row.GetString(3)),
        row.GetInt32(4),
        row.GetInt32(5),
        row.GetInt32(6),
        row.GetInt64(7),
        Time(row, 8),
        row.IsDBNull(9) ? null : row.GetString(9),
        row.GetBoolean(10));

    /// <summary>The spec as it is written.</summary>
    public static string SpecJson(StoredRun run) => JsonSerializer.Serialize(run.Spec, ContractsJson.Default.RunSpec);

    /// <summary>The column names as they are written.</summary>
    public static string ColumnsJson(StoredRun run) => JsonSerializer.Serialize(run.Columns, ContractsJson.Default.IReadOnlyListString);

    private static DateTimeOffset? Time(DbDataReader row, int column) =>
        row.IsDBNull(column) ? null : DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(column));

    private static LedgerException Unreadable(string word) => new($"The ledger has the state '{word}', which this version of DistributedBatch does not know.");
}
