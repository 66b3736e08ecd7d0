using System.Data.Common;
using System.Text.Json;
using DistributedBatch.Contracts.Json;
using DistributedBatch.Contracts.Text;
using DistributedBatch.Storage.Connections;

namespace DistributedBatch.Tracker.Queries;

/// <summary>A row of <c>runs</c>.</summary>
internal sealed record RunRow
{
    /// <summary>The columns that <see cref="Read"/> expects, in order.</summary>
    public const string Columns = """
        run_no, run, name, first_item, total_items, chunk_size, job, retries, submitted_at, revision, state, reason,
        chunks_total, pending, queued, running, succeeded, failed, cancelled, items_succeeded, finished_at, submitter
        """;

    public required long Number { get; init; }

    public required RunId Run { get; init; }

    public required string Name { get; init; }

    public required long First { get; init; }

    public required long Total { get; init; }

    public required long? ChunkSize { get; init; }

    public required JobSpec? Job { get; init; }

    public required int Retries { get; init; }

    public required DateTimeOffset SubmittedAt { get; init; }

    public required long Revision { get; init; }

    public required RunState State { get; init; }

    public required string? Reason { get; init; }

    public required ChunkCounts Counts { get; init; }

    public required long ItemsSucceeded { get; init; }

    public required DateTimeOffset? FinishedAt { get; init; }

    public required string? Submitter { get; init; }

    public static RunRow Read(DbDataReader reader) => new()
    {
        Number = reader.GetInt64(0),
        Run = RunId.Parse(reader.GetString(1)),
        Name = reader.GetString(2),
        First = reader.GetInt64(3),
        Total = reader.GetInt64(4),
        ChunkSize = reader.Number(5),
        Job = reader.Text(6) is { } job ? JsonSerializer.Deserialize(job, ContractsJson.Default.JobSpec) : null,
        Retries = (int)reader.GetInt64(7),
        SubmittedAt = reader.Time(8),
        Revision = reader.GetInt64(9),
        State = EnumText.Parse<RunState>(reader.GetString(10))!.Value,
        Reason = reader.Text(11),
        Counts = new ChunkCounts(
            Int(reader, 12), Int(reader, 13), Int(reader, 14), Int(reader, 15), Int(reader, 16), Int(reader, 17), Int(reader, 18)),
        ItemsSucceeded = reader.GetInt64(19),
        FinishedAt = reader.TimeOrNull(20),
        Submitter = reader.Text(21),
    };

    private static int Int(DbDataReader reader, int column) => (int)reader.GetInt64(column);
}
