using System.Data.Common;
using DistributedBatch.Contracts.Text;
using DistributedBatch.Storage.Connections;

namespace DistributedBatch.Tracker.Queries;

/// <summary>Reads an attempt with its error and result.</summary>
internal static class AttemptRow
{
    /// <summary>The columns of <c>attempts a</c> with <see cref="Joins"/>. <c>chunks c</c> shows whether an attempt without an end can still be running.</summary>
    public const string Columns = """
        a.idx, a.attempt, a.host, a.slot, a.started_at, a.outcome, a.duplicate, a.seconds, a.exit_code, a.signal, a.cpu_seconds, a.peak_memory, a.warm,
        f.error, f.stderr_tail, r.result,
        a.read_bytes, a.written_bytes,
        CASE WHEN c.idx IS NOT NULL AND (c.attempts > a.attempt OR c.state IN ('succeeded', 'failed', 'cancelled')) THEN 1 ELSE 0 END
        """;

    /// <summary>The joins for <see cref="Columns"/>, after <c>attempts a</c> and <c>chunks c</c>.</summary>
    public const string Joins = """
        LEFT JOIN failures f ON f.run_no = a.run_no AND f.idx = a.idx AND f.attempt = a.attempt
        LEFT JOIN results r ON r.run_no = a.run_no AND r.idx = a.idx AND r.attempt = a.attempt
        """;

    /// <summary>Reads the attempt in the columns from <paramref name="at"/> on; null when the join found none.</summary>
    public static AttemptView? Read(DbDataReader reader, int at = 0)
    {
        if (reader.IsDBNull(at))
            return null;
        var outcome = reader.Text(at + 5) is { } word ? EnumText.Parse<AttemptOutcome>(word) : null;
        var error = reader.Text(at + 13);
        if (outcome is null && reader.GetInt64(at + 18) == 1)
        {
            outcome = AttemptOutcome.HostLost;
            error = $"Host {reader.GetString(at + 2)} never reported the end of this attempt.";
        }

        return new AttemptView
        {
            Index = (int)reader.GetInt64(at),
            Attempt = (int)reader.GetInt64(at + 1),
            Host = reader.GetString(at + 2),
            Slot = (int)reader.GetInt64(at + 3),
            StartedAt = reader.Time(at + 4),
            Outcome = outcome,
            Duplicate = reader.GetInt64(at + 6) != 0,
            Seconds = reader.GetDouble(at + 7),
            ExitCode = (int?)reader.Number(at + 8),
            Signal = (int?)reader.Number(at + 9),
            CpuSeconds = reader.GetDouble(at + 10),
            PeakMemoryBytes = reader.GetInt64(at + 11),
            ReadBytes = reader.GetInt64(at + 16),
            WrittenBytes = reader.GetInt64(at + 17),
            Warm = EnumText.Parse<WarmMode>(reader.GetString(at + 12)) ?? WarmMode.Off,
            Error = error,
            StderrTail = reader.Text(at + 14),
            Result = reader.Text(at + 15),
        };
    }
}
