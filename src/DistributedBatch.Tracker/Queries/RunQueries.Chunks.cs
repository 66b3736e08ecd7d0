using System.Data.Common;
using System.Globalization;
using DistributedBatch.Contracts.Text;
using DistributedBatch.Storage.Connections;
using DistributedBatch.Tracker.Storage;

namespace DistributedBatch.Tracker.Queries;

/// <content>Queries about chunks: first their numbers, then their details.</content>
public sealed partial class RunQueries
{
    /// <summary>Up to this many matching attempts, an index lookup is cheaper than a walk over the chunks in order.</summary>
    private const int MaxIndexMatches = 5000;

    /// <summary>Lists the chunks of a run by number; null when the tracker does not know the run.</summary>
    /// <param name="run">The run.</param>
    /// <param name="filter">The conditions; null for all chunks.</param>
    /// <param name="limit">The most rows to return, at most <see cref="MaxRows"/>.</param>
    /// <param name="after"><see cref="Page{T}.Next"/> of the previous page; null for the first page.</param>
    /// <param name="cancellation">Cancels the query.</param>
    public async Task<Page<ChunkView>?> ChunksAsync(
        RunId run, ChunkFilter? filter = null, int limit = 50, string? after = null, CancellationToken cancellation = default)
    {
        limit = Math.Clamp(limit, 1, MaxRows);
        filter ??= new ChunkFilter();
        await using var connection = await database.OpenAsync(cancellation);
        if (await RowAsync(connection, run, cancellation) is not { } row)
            return null;
        var above = int.TryParse(after, NumberStyles.None, CultureInfo.InvariantCulture, out var key) ? key : -1;
        var indices = filter is { Host: null, LongerThan: null, Error: null }
            ? await ByStateAsync(connection, row, filter.State, above, limit + 1, cancellation)
            : await ByAttemptsAsync(connection, row, filter, above, limit + 1, cancellation);
        var page = indices.Count > limit ? indices[..limit] : indices;
        var chunks = await ReadChunksAsync(connection, row, page, cancellation);
        return new Page<ChunkView>(chunks, indices.Count > limit ? page[^1].ToString(CultureInfo.InvariantCulture) : null);
    }

    /// <summary>The failed chunks of a run, each with its last failed attempt; null when the tracker does not know the run.</summary>
    /// <param name="run">The run.</param>
    /// <param name="limit">The most rows to return, at most <see cref="MaxRows"/>.</param>
    /// <param name="after"><see cref="Page{T}.Next"/> of the previous page; null for the first page.</param>
    /// <param name="cancellation">Cancels the query.</param>
    public Task<Page<ChunkView>?> FailuresAsync(RunId run, int limit = 50, string? after = null, CancellationToken cancellation = default) =>
        ChunksAsync(run, new ChunkFilter { State = ChunkState.Failed }, limit, after, cancellation);

    /// <summary>One chunk; null when the tracker does not know it.</summary>
    public async Task<ChunkView?> ChunkAsync(RunId run, int index, CancellationToken cancellation = default)
    {
        await using var connection = await database.OpenAsync(cancellation);
        return await RowAsync(connection, run, cancellation) is { } row && index >= 0 && index < row.Counts.Total
            && await ReadChunksAsync(connection, row, [index], cancellation) is [var chunk]
            ? chunk
            : null;
    }

    /// <summary>The states of all chunks in at most <paramref name="buckets"/> buckets; null when the tracker does not know the run.</summary>
    public async Task<StateStrip?> StripAsync(RunId run, int buckets = 4096, CancellationToken cancellation = default)
    {
        await using var connection = await database.OpenAsync(cancellation);
        if (await RowAsync(connection, run, cancellation) is not { } row)
            return null;
        var strip = new StripBuilder(row.Counts.Total, Math.Clamp(buckets, 1, 4096));
        await foreach (var (block, states) in BlocksAsync(connection, row, 0, cancellation))
            strip.Add(block, states);
        return strip.Build();
    }

    private static IAsyncEnumerable<(int Block, byte[] States)> BlocksAsync(DbConnection connection, RunRow run, int from, CancellationToken cancellation) =>
        connection.StreamAsync(
            "SELECT block, states FROM chunk_blocks WHERE run_no = $1 AND block >= $2 ORDER BY block",
            reader => ((int)reader.GetInt64(0), reader.GetFieldValue<byte[]>(1)),
            [run.Number, from],
            cancellation);

    private static async Task<List<int>> ByStateAsync(
        DbConnection connection, RunRow run, ChunkState? state, int above, int limit, CancellationToken cancellation)
    {
        var found = new List<int>();
        if (state is null)
        {
            for (var index = above + 1; index < run.Counts.Total && found.Count < limit; index++)
                found.Add(index);
            return found;
        }

        var next = above + 1;
        await foreach (var (block, states) in BlocksAsync(connection, run, ChunkStateBlock.BlockOf(next), cancellation))
        {
            // A missing block holds pending chunks only.
            for (; state == ChunkState.Pending && next < block * ChunkStateBlock.Size && next < run.Counts.Total && found.Count < limit; next++)
                found.Add(next);
            for (next = Math.Max(next, block * ChunkStateBlock.Size); ChunkStateBlock.BlockOf(next) == block && found.Count < limit; next++)
            {
                if (next >= run.Counts.Total)
                    return found;
                if (ChunkStateBlock.StateOf(states[next % ChunkStateBlock.Size]) == state)
                    found.Add(next);
            }

            if (found.Count == limit)
                return found;
        }

        for (; state == ChunkState.Pending && next < run.Counts.Total && found.Count < limit; next++)
            found.Add(next);
        return found;
    }

    private static async Task<List<int>> ByAttemptsAsync(
        DbConnection connection, RunRow run, ChunkFilter filter, int above, int limit, CancellationToken cancellation)
    {
        var conditions = new List<string>();
        var arguments = new List<object> { run.Number, above, limit };
        async Task<bool> IsSelectiveAsync(string condition, object value) => (await connection.ListAsync(
            $"SELECT count(*) FROM (SELECT 1 FROM attempts WHERE run_no = $1 AND {condition} LIMIT $3) matches",
            reader => reader.GetInt64(0), cancellation, run.Number, value, MaxIndexMatches + 1))[0] <= MaxIndexMatches;

        string Argument(object value)
        {
            arguments.Add(value);
            return $"${arguments.Count}";
        }

        // A condition that few attempts meet is looked up in its index. A condition that many meet is tested chunk by chunk; the "+ 0" and "|| ''" keep the
        // planner from using the index there, which would be slower.
        if (filter.Host is { } host)
        {
            conditions.Add(await IsSelectiveAsync("host = $2", host)
                ? $"idx IN (SELECT idx FROM attempts WHERE run_no = $1 AND host = {Argument(host)})"
                : $"EXISTS (SELECT 1 FROM attempts a WHERE a.run_no = c.run_no AND a.idx = c.idx AND a.host || '' = {Argument(host)})");
        }

        if (filter.LongerThan is { } least)
        {
            conditions.Add(await IsSelectiveAsync("seconds >= $2", least.TotalSeconds)
                ? $"idx IN (SELECT idx FROM attempts WHERE run_no = $1 AND seconds >= {Argument(least.TotalSeconds)})"
                : $"EXISTS (SELECT 1 FROM attempts a WHERE a.run_no = c.run_no AND a.idx = c.idx AND a.seconds + 0 >= {Argument(least.TotalSeconds)})");
        }

        if (filter.Error is { } error)
        {
            var escaped = error.ToLowerInvariant().Replace(@"\", @"\\", StringComparison.Ordinal)
                .Replace("%", @"\%", StringComparison.Ordinal).Replace("_", @"\_", StringComparison.Ordinal);
            var pattern = Argument($"%{escaped}%");
            conditions.Add($@"idx IN (SELECT idx FROM failures WHERE run_no = $1 AND idx > $2 AND (lower(error) LIKE {pattern} ESCAPE '\' OR lower(stderr_tail) LIKE {pattern} ESCAPE '\'))");
        }

        if (filter.State is { } state)
            conditions.Add($"state = {Argument(state.ToText())}");
        return await connection.ListAsync(
            $"SELECT idx FROM chunks c WHERE run_no = $1 AND idx > $2 AND {string.Join(" AND ", conditions)} ORDER BY idx LIMIT $3",
            reader => (int)reader.GetInt64(0), cancellation, [.. arguments]);
    }

    private static async Task<List<ChunkView>> ReadChunksAsync(
        DbConnection connection, RunRow run, List<int> indices, CancellationToken cancellation)
    {
        if (indices.Count == 0)
            return [];
        var known = (await connection.ListAsync(
            $"""
            SELECT c.idx, c.start, c.count, c.state, c.attempts, c.not_before, {AttemptRow.Columns}
            FROM chunks c
            LEFT JOIN attempts a ON a.run_no = c.run_no AND a.idx = c.idx AND a.attempt = (
              SELECT x.attempt FROM attempts x WHERE x.run_no = c.run_no AND x.idx = c.idx
              ORDER BY CASE WHEN x.outcome = 'succeeded' AND x.duplicate = 0 THEN 0 ELSE 1 END, x.attempt DESC LIMIT 1)
            {AttemptRow.Joins}
            WHERE c.run_no = $1 AND c.idx IN ({Numbers(indices)})
            """,
            reader => new ChunkView
            {
                Index = (int)reader.GetInt64(0),
                Start = reader.GetInt64(1),
                Count = reader.GetInt64(2),
                State = EnumText.Parse<ChunkState>(reader.GetString(3))!.Value,
                Attempts = (int)reader.GetInt64(4),
                NotBefore = reader.TimeOrNull(5),
                LastAttempt = AttemptRow.Read(reader, 6),
            },
            cancellation,
            run.Number)).ToDictionary(chunk => chunk.Index);
        return [.. indices.Select(index => known.GetValueOrDefault(index) ?? NotDispatched(run, index)).OfType<ChunkView>()];
    }

    /// <summary>A chunk that was not dispatched yet; null unless all chunks have the same size, because its items are not known then.</summary>
    private static ChunkView? NotDispatched(RunRow run, int index)
    {
        if (run.ChunkSize is not { } size)
            return null;
        var start = run.First + (index * size);
        return start >= run.Total ? null : new ChunkView
        {
            Index = index,
            Start = start,
            Count = Math.Min(size, run.Total - start),
            State = run.State == RunState.Cancelled ? ChunkState.Cancelled : ChunkState.Pending,
            Attempts = 0,
        };
    }
}
