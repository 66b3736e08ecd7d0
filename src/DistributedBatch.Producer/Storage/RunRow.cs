using System.Data.Common;
using System.Text.Json;
using DistributedBatch.Contracts.Json;
using DistributedBatch.Contracts.Text;
using DistributedBatch.Producer.Ledger;
using DistributedBatch.Storage.Connections;

namespace DistributedBatch.Producer.Storage;

/// <summary>Reads runs and chunks from rows, and makes the arguments that write them.</summary>
internal static class RunRow
{
    /// <summary>The columns that <see cref="Read"/> expects.</summary>
    public const string Columns =
        "id, spec, dataset, columns, submitted_at, revision, announced, state, reason, finished_at, "
        + "total, pending, queued, running, succeeded, failed, cancelled, items_succeeded, reserved";

    /// <summary>The columns that <see cref="ReadChunk"/> expects.</summary>
    public const string ChunkColumns = "idx, start, count, state, attempts, failures, crashes, revision, not_before, host, leased";

    /// <summary>Reads a run from <see cref="Columns"/>.</summary>
    public static StoredRun Read(DbDataReader row)
    {
        var state = new LedgerState(
            row.GetInt64(5),
            EnumText.Parse<RunState>(row.GetString(7)) ?? throw Unreadable(row.GetString(7)),
            new ChunkCounts(row.GetInt32(10), row.GetInt32(11), row.GetInt32(12), row.GetInt32(13), row.GetInt32(14), row.GetInt32(15), row.GetInt32(16)),
            row.GetInt64(17),
            row.TimeOrNull(9),
            row.Text(8),
            row.GetInt32(18));
        return new StoredRun(
            RunId.Parse(row.GetString(0)),
            JsonSerializer.Deserialize(row.GetString(1), ContractsJson.Default.RunSpec)!,
            row.GetString(2),
            JsonSerializer.Deserialize(row.GetString(3), ContractsJson.Default.IReadOnlyListString)!,
            row.Time(4),
            state,
            row.GetInt64(6));
    }

    /// <summary>Reads a chunk from <see cref="ChunkColumns"/>.</summary>
    public static ChunkRow ReadChunk(DbDataReader row) => new(
        new ChunkRange(row.GetInt32(0), row.GetInt64(1), row.GetInt64(2)),
        EnumText.Parse<ChunkState>(row.GetString(3)) ?? throw Unreadable(row.GetString(3)),
        row.GetInt32(4),
        row.GetInt32(5),
        row.GetInt32(6),
        row.GetInt64(7),
        row.TimeOrNull(8),
        row.Text(9),
        row.GetBoolean(10));

    /// <summary>The arguments of <see cref="LedgerSql.InsertRun"/>.</summary>
    public static object?[] ForInsert(StoredRun run) =>
    [
        run.Id.Value, JsonSerializer.Serialize(run.Spec, ContractsJson.Default.RunSpec), run.DatasetKind,
        JsonSerializer.Serialize(run.Columns, ContractsJson.Default.IReadOnlyListString), run.SubmittedAt.ToUnixTimeMilliseconds(), run.State.State.ToText(),
        run.State.Reserved,
    ];

    /// <summary>The arguments of <see cref="LedgerSql.UpdateRun"/>.</summary>
    public static object?[] ForUpdate(long key, RunCommit commit)
    {
        var (state, counts) = (commit.Changes.State, commit.Changes.State.Counts);
        return
        [
            state.Revision, commit.Announced, state.State.ToText(), state.Reason, state.FinishedAt?.ToUnixTimeMilliseconds(), counts.Total, counts.Pending,
            counts.Queued, counts.Running, counts.Succeeded, counts.Failed, counts.Cancelled, state.ItemsSucceeded, state.Reserved, key,
        ];
    }

    /// <summary>The arguments of <see cref="LedgerSql.UpsertChunk"/>.</summary>
    public static object?[] ForUpsert(long key, in ChunkRow row) =>
    [
        key, row.Chunk.Index, row.Chunk.Start, row.Chunk.Count, row.State.ToText(), row.Attempts, row.Failures, row.Crashes, row.Revision,
        row.NotBefore?.ToUnixTimeMilliseconds(), row.Host, row.Leased,
    ];

    private static LedgerException Unreadable(string word) => new($"The ledger has the state '{word}', which this version of DistributedBatch does not know.");
}
