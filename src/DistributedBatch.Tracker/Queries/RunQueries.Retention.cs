using DistributedBatch.Storage.Connections;

namespace DistributedBatch.Tracker.Queries;

/// <content>Queries about expired runs.</content>
public sealed partial class RunQueries
{
    /// <summary>The runs that ended before <paramref name="before"/>, the oldest first.</summary>
    internal async Task<IReadOnlyList<RunId>> SettledBeforeAsync(DateTimeOffset before, CancellationToken cancellation)
    {
        await using var connection = await database.OpenAsync(cancellation);
        return await connection.ListAsync(
            "SELECT run FROM runs WHERE forgotten = 0 AND state IN ('succeeded', 'failed', 'cancelled') AND finished_at < $1 ORDER BY run_no",
            reader => RunId.Parse(reader.GetString(0)), cancellation, before.ToUnixTimeMilliseconds());
    }

    /// <summary>The hidden runs whose rows are not all deleted.</summary>
    internal async Task<IReadOnlyList<(long Number, RunId Run, int Chunks)>> ForgottenAsync(CancellationToken cancellation)
    {
        await using var connection = await database.OpenAsync(cancellation);
        return await connection.ListAsync(
            "SELECT run_no, run, chunks_total FROM runs WHERE forgotten = 1 ORDER BY run_no",
            reader => (reader.GetInt64(0), RunId.Parse(reader.GetString(1)), (int)reader.GetInt64(2)), cancellation);
    }
}
