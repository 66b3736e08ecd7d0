using System.Data.Common;
using System.Text.Json;
using DistributedBatch.Contracts.Json;
using DistributedBatch.Storage.Connections;

namespace DistributedBatch.Tracker.Queries;

/// <content>Queries about hosts, and the explanation of a state.</content>
public sealed partial class RunQueries
{
    private const long MinFreeBytes = 256 << 10;

    /// <summary>All hosts that ever sent a heartbeat, by name.</summary>
    public async Task<IReadOnlyList<HostView>> HostsAsync(CancellationToken cancellation = default)
    {
        await using var connection = await database.OpenAsync(cancellation);
        return await HostsAsync(connection, cancellation);
    }

    /// <summary>Explains the state of a run or of one of its chunks, and what would help; null when the tracker does not know it.</summary>
    /// <param name="run">The run.</param>
    /// <param name="index">The number of the chunk; null for the run.</param>
    /// <param name="broker">The connection to the broker; null without a broker.</param>
    /// <param name="askProducer">Gives what is wrong with the producer, or null; asked only while the run is not settled.</param>
    /// <param name="cancellation">Cancels the query.</param>
    public async Task<Explanation?> ExplainAsync(
        RunId run, int? index = null, BrokerView? broker = null, Func<CancellationToken, Task<string?>>? askProducer = null, CancellationToken cancellation = default)
    {
        if (await ShowAsync(run, cancellation) is not { } view)
            return null;
        var chunk = index is { } number ? await ChunkAsync(run, number, cancellation) : null;
        if (index is not null && chunk is null)
            return null;
        await using var connection = await database.OpenAsync(cancellation);
        var row = (await RowAsync(connection, run, cancellation))!;
        var waiting = await connection.ListAsync(
            "SELECT min(not_before), count(*) FROM chunks WHERE run_no = $1 AND state = 'pending' AND not_before > $2",
            reader => (Next: reader.TimeOrNull(0), Chunks: reader.GetInt64(1)), cancellation, row.Number, time.GetUtcNow().ToUnixTimeMilliseconds());
        var hosts = await HostsAsync(connection, cancellation);
        var failed = view.Chunks.Failed > 0
            ? await ReadChunksAsync(connection, row, await ByStateAsync(connection, row, ChunkState.Failed, above: -1, Explainer.MaxFailedChunks, cancellation), cancellation)
            : [];
        var failedAttempts = view.FailedAttempts > 0 ? await FailedAttemptsAsync(run, Explainer.MaxFailedChunks, cancellation) : [];
        var problem = askProducer is not null && view.State == RunState.Running && broker?.LastTrouble is null or { Until: not null } ? await askProducer(cancellation) : null;
        return Explainer.Explain(
            new ExplainInputs(view, row.Job, row.Retries, chunk, waiting[0].Next, waiting[0].Chunks, failed, failedAttempts, hosts, time.GetUtcNow(), broker, problem,
                FullDisk(database.DataDirectory)));
    }

    // A database cannot commit anything in less.
    private static string? FullDisk(string directory)
    {
        try
        {
            return new DriveInfo(directory).AvailableFreeSpace < MinFreeBytes ? directory : null;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return null;
        }
    }

    private async Task<IReadOnlyList<HostView>> HostsAsync(DbConnection connection, CancellationToken cancellation)
    {
        var now = time.GetUtcNow();
        return await connection.ListAsync(
            "SELECT status, running, last_seen, stopping, succeeded, failed FROM hosts WHERE status IS NOT NULL ORDER BY host",
            reader =>
            {
                // A later time is from before this clock was set back.
                var alive = reader.GetInt64(3) == 0 && (now - reader.Time(2)).Duration() <= hostTimeout;
                return new HostView(
                    JsonSerializer.Deserialize(reader.GetString(0), ContractsJson.Default.HostStatus)!,
                    reader.Time(2),
                    alive,
                    alive ? JsonSerializer.Deserialize(reader.GetString(1), ContractsJson.Default.IReadOnlyListRunningAttempt)! : [],
                    reader.GetInt64(4),
                    reader.GetInt64(5));
            },
            cancellation);
    }
}
