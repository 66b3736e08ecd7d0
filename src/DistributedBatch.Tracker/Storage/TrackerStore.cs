using System.Text.Json;
using DistributedBatch.Contracts.Json;
using DistributedBatch.Contracts.Messages;
using DistributedBatch.Contracts.Runs;
using DistributedBatch.Contracts.Text;
using DistributedBatch.Tracker.Projection;

namespace DistributedBatch.Tracker.Storage;

/// <summary>Puts batches into the database, one transaction each. Used by one writer at a time.</summary>
internal sealed class TrackerStore(IStorageDialect dialect, TimeProvider time) : IAsyncDisposable
{
    private readonly Dictionary<RunId, long> runNumbers = [];
    private IWriteConnection? writer;

    /// <summary>Creates the schema or brings it up to date.</summary>
    /// <exception cref="NewerSchemaException">The database was made by a newer program.</exception>
    public async Task PrepareAsync(CancellationToken cancellation)
    {
        writer ??= await dialect.OpenWriteAsync(cancellation);
        await writer.MigrateAsync(cancellation);
    }

    /// <summary>Commits a batch. After a failure the same batch may be committed again.</summary>
    public async Task CommitAsync(ProjectionBatch batch, CancellationToken cancellation)
    {
        try
        {
            writer ??= await dialect.OpenWriteAsync(cancellation);
            var open = writer;
            await open.InTransactionAsync(() => WriteAsync(open, batch, cancellation), cancellation);
        }
        catch
        {
            // Whatever the connection is in the middle of, a new one is not; and a run that was rolled back has no number.
            runNumbers.Clear();
            if (writer is { } broken)
                await broken.DisposeAsync();
            writer = null;
            throw;
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (writer is { } open)
            await open.DisposeAsync();
        writer = null;
    }

    private async Task WriteAsync(IWriteConnection to, ProjectionBatch batch, CancellationToken cancellation)
    {
        var runs = batch.Submitted.Keys.Concat(batch.Runs.Keys).Concat(batch.Attempts.Keys.Select(key => key.Run)).Concat(batch.Leases.Select(lease => lease.Run));
        foreach (var run in runs.Where(run => !runNumbers.ContainsKey(run)).Distinct().ToList())
            runNumbers[run] = await NumberAsync(to, run, cancellation);

        await to.RunAsync(WriteSql.Submit, [.. batch.Submitted.Values.Select(Row)], cancellation);
        await to.RunAsync(WriteSql.ChangeRun, [.. batch.Runs.Values.Select(Row)], cancellation);
        await WriteChunksAsync(to, batch, cancellation);
        await new AttemptWriter(to, runNumbers, time.GetUtcNow()).WriteAsync([.. batch.Attempts.Values], cancellation);
        await to.RunAsync(
            WriteSql.TakeLease,
            [.. batch.Leases.Select(lease => new object?[] { runNumbers[lease.Run], lease.Index, lease.Attempt })],
            cancellation);
        await to.RunAsync(WriteSql.Heartbeat, [.. batch.Heartbeats.Values.Select(heard => Row(heard.Heartbeat, heard.ReceivedAt))], cancellation);
    }

    private static async Task<long> NumberAsync(IWriteConnection to, RunId run, CancellationToken cancellation)
    {
        await to.RunAsync(WriteSql.NoteRun, [[run.Value]], cancellation);
        return (long)(await to.ScalarAsync(WriteSql.RunNumber, [run.Value], cancellation))!;
    }

    private async Task WriteChunksAsync(IWriteConnection to, ProjectionBatch batch, CancellationToken cancellation)
    {
        if (batch.Chunks.Count == 0)
            return;
        // In key order, so that neighbouring rows are written one after the other and a block is read once.
        var chunks = batch.Chunks.Select(pair => (Run: runNumbers[pair.Key.Run], Chunk: pair.Value))
            .OrderBy(row => row.Run).ThenBy(row => row.Chunk.Index).ToList();
        var news = await to.RunAsync(
            WriteSql.ChangeChunk,
            [.. chunks.Select(row => new object?[]
            {
                row.Run, row.Chunk.Index, row.Chunk.Start, row.Chunk.Count, row.Chunk.State.ToText(), row.Chunk.Attempts, row.Chunk.Revision,
                row.Chunk.NotBefore?.ToUnixTimeMilliseconds(),
            })],
            cancellation);

        var changed = chunks.Where((_, position) => news[position]);
        foreach (var block in changed.GroupBy(row => (row.Run, Block: ChunkStateBlock.BlockOf(row.Chunk.Index))))
        {
            var (run, number) = block.Key;
            var states = (byte[]?)await to.ScalarAsync(WriteSql.ReadBlock, [run, number], cancellation) ?? ChunkStateBlock.Empty();
            foreach (var (_, chunk) in block)
                ChunkStateBlock.Set(states, chunk.Index, chunk.State);
            await to.RunAsync(WriteSql.WriteBlock, [[run, number, states]], cancellation);
        }
    }

    private object?[] Row(RunSubmitted submitted) =>
    [
        runNumbers[submitted.Run], StorableText.Of(submitted.Summary.Name), submitted.Summary.DatasetKind, submitted.Summary.First,
        submitted.Summary.Total, submitted.Summary.ChunkSize, JsonSerializer.Serialize(submitted.Summary.Job, ContractsJson.Default.JobSpec),
        submitted.Summary.Retries, submitted.Summary.Weight, submitted.Summary.Priority, submitted.SubmittedAt.ToUnixTimeMilliseconds(),
        submitted.Summary.Notify?.OriginalString, submitted.Summary.NotifyFailures,
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
