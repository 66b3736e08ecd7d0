using System.Text.Json;
using DistributedBatch.Contracts.Json;
using DistributedBatch.Contracts.Text;
using DistributedBatch.Storage.Connections;

namespace DistributedBatch.Tracker.Storage;

/// <summary>Writes batches into the database, one transaction each. One caller at a time.</summary>
internal sealed class TrackerStore(TrackerDatabase database, TimeProvider time)
{
    private readonly Dictionary<RunId, long> runNumbers = [];

    /// <summary>Creates the schema or brings it up to date.</summary>
    /// <exception cref="DistributedBatch.Storage.Schema.NewerSchemaException">A newer program wrote the database.</exception>
    public async Task PrepareAsync(CancellationToken cancellation) => await database.Writer.TryOpenAsync(cancellation);

    /// <summary>Commits a batch. After a failure the same batch may be committed again.</summary>
    public async Task CommitAsync(ProjectionBatch batch, CancellationToken cancellation)
    {
        try
        {
            await database.Writer.WriteAsync(connection => WriteAsync(connection, batch, cancellation), cancellation);
        }
        catch
        {
            // A run that was rolled back has no number.
            runNumbers.Clear();
            throw;
        }
    }

    private async Task WriteAsync(IWriteConnection connection, ProjectionBatch batch, CancellationToken cancellation)
    {
        var runs = batch.Submitted.Keys.Concat(batch.Runs.Keys).Concat(batch.Attempts.Keys.Select(key => key.Run)).Concat(batch.Leases.Select(lease => lease.Run));
        foreach (var run in runs.Where(run => !runNumbers.ContainsKey(run)).Distinct().ToList())
            runNumbers[run] = await NumberAsync(connection, run, cancellation);

        await connection.RunAsync(TrackerSql.UpdateSubmission, [.. batch.Submitted.Values.Select(Row)], cancellation);
        await connection.RunAsync(TrackerSql.UpdateRun, [.. batch.Runs.Values.Select(Row)], cancellation);
        await WriteChunksAsync(connection, batch, cancellation);
        await new AttemptWriter(connection, runNumbers, time.GetUtcNow()).WriteAsync([.. batch.Attempts.Values], cancellation);
        await connection.RunAsync(
            TrackerSql.UpdateLease,
            [.. batch.Leases.Select(lease => new object?[] { runNumbers[lease.Run], lease.Index, lease.Attempt })],
            cancellation);
        await connection.RunAsync(
            TrackerSql.UpsertHost, [.. batch.Heartbeats.Values.Select(received => Row(received.Heartbeat, received.ReceivedAt))], cancellation);
    }

    private static async Task<long> NumberAsync(IWriteConnection connection, RunId run, CancellationToken cancellation)
    {
        await connection.RunAsync(TrackerSql.InsertRun, [[run.Value]], cancellation);
        return (long)(await connection.ScalarAsync(TrackerSql.SelectRunNumber, [run.Value], cancellation))!;
    }

    private async Task WriteChunksAsync(IWriteConnection connection, ProjectionBatch batch, CancellationToken cancellation)
    {
        if (batch.Chunks.Count == 0)
            return;
        // In key order, so that neighbouring rows are written one after the other and a block is read once.
        var chunks = batch.Chunks.Select(pair => (Run: runNumbers[pair.Key.Run], Chunk: pair.Value))
            .OrderBy(row => row.Run).ThenBy(row => row.Chunk.Index).ToList();
        var written = await connection.RunAsync(
            TrackerSql.UpsertChunk,
            [.. chunks.Select(row => new object?[]
            {
                row.Run, row.Chunk.Index, row.Chunk.Start, row.Chunk.Count, row.Chunk.State.ToText(), row.Chunk.Attempts, row.Chunk.Revision,
                row.Chunk.NotBefore?.ToUnixTimeMilliseconds(),
            })],
            cancellation);

        var changed = chunks.Where((_, position) => written[position]);
        foreach (var block in changed.GroupBy(row => (row.Run, Block: ChunkStateBlock.BlockOf(row.Chunk.Index))))
        {
            var (run, number) = block.Key;
            var states = (byte[]?)await connection.ScalarAsync(TrackerSql.SelectBlock, [run, number], cancellation) ?? ChunkStateBlock.Empty();
            foreach (var (_, chunk) in block)
                ChunkStateBlock.Set(states, chunk.Index, chunk.State);
            await connection.RunAsync(TrackerSql.UpsertBlock, [[run, number, states]], cancellation);
        }
    }

    private object?[] Row(RunSubmitted submitted) =>
    [
        runNumbers[submitted.Run], StorableText.Of(submitted.Summary.Name), submitted.Summary.DatasetKind, submitted.Summary.First,
        submitted.Summary.Total, submitted.Summary.ChunkSize, JsonSerializer.Serialize(submitted.Summary.Job, ContractsJson.Default.JobSpec),
        submitted.Summary.Retries, submitted.Summary.Weight, submitted.Summary.Priority, submitted.SubmittedAt.ToUnixTimeMilliseconds(),
        submitted.Summary.Notify?.OriginalString, submitted.Summary.NotifyFailures, StorableText.Of(submitted.Summary.Submitter),
    ];

    private object?[] Row(RunChanged run) =>
    [
        runNumbers[run.Run], run.Revision, run.State.ToText(), StorableText.Of(run.Reason), run.Counts.Total, run.Counts.Pending, run.Counts.Queued,
        run.Counts.Running, run.Counts.Succeeded, run.Counts.Failed, run.Counts.Cancelled, run.ItemsSucceeded, run.At.ToUnixTimeMilliseconds(),
        run.SubmittedAt.ToUnixTimeMilliseconds(), run.FinishedAt?.ToUnixTimeMilliseconds(),
    ];

    private static object?[] Row(HostHeartbeat heartbeat, DateTimeOffset receivedAt) =>
    [
        heartbeat.Host.Name, JsonSerializer.Serialize(heartbeat.Host, ContractsJson.Default.HostStatus),
        JsonSerializer.Serialize(heartbeat.Running, ContractsJson.Default.IReadOnlyListRunningAttempt),
        heartbeat.At.ToUnixTimeMilliseconds(), receivedAt.ToUnixTimeMilliseconds(), heartbeat.Stopping ? 1 : 0,
    ];
}
