using DistributedBatch.Consumer.Isolation;

namespace DistributedBatch.Consumer.Warm.Fork;

/// <summary>The zygotes of a host, one in use per key. Replaces zygotes that are stale, worn out or dead, and ends zygotes that nobody uses.</summary>
/// <param name="options">When zygotes are replaced and ended.</param>
/// <param name="groups">Control groups for the forks; null for none.</param>
/// <param name="time">Clock.</param>
/// <param name="logger">For starts and deaths of zygotes.</param>
internal sealed class ZygotePool(WarmStartOptions options, AttemptCgroups? groups, TimeProvider time, ILogger logger) : IAsyncDisposable
{
    private const int MaxDeaths = 3;

    private readonly Lock gate = new();
    private readonly Dictionary<ZygoteKey, Entry> entries = [];
    private readonly List<ZygoteProcess> retired = [];
    private bool disposed;

    /// <summary>A zygote to fork from, started when there is none. Everybody who asks meanwhile waits for the same one.</summary>
    public Task<ZygoteStartResult> GetAsync(ZygoteKey key)
    {
        lock (gate)
        {
            if (disposed)
                return Task.FromResult<ZygoteStartResult>(new ZygoteStartResult.Unsupported("the consumer is stopping"));
            var entry = entries.GetValueOrDefault(key);
            if (entry is not null && !MustReplace(entry))
            {
                entry.LastUse = time.GetTimestamp();
                return entry.Start;
            }

            if (entry?.Deaths >= MaxDeaths)
                return Task.FromResult<ZygoteStartResult>(new ZygoteStartResult.Unsupported($"its preloaded interpreter died {MaxDeaths} times"));
            var start = ZygoteProcess.StartAsync(key, options.StartLimit, groups, time, logger);
            entries[key] = new Entry(start) { Deaths = entry?.Deaths ?? 0, LastUse = time.GetTimestamp() };
            return start;
        }
    }

    /// <summary>A zygote for one chunk, which the caller disposes.</summary>
    public Task<ZygoteStartResult> StartOwnAsync(ZygoteKey key) => ZygoteProcess.StartAsync(key, options.StartLimit, groups, time, logger);

    /// <summary>Ends zygotes that were replaced, and those that nobody used for a while.</summary>
    public void EndUnused()
    {
        lock (gate)
        {
            foreach (var (key, entry) in entries)
            {
                if (entry.Zygote is { RunningJobs: 0 } zygote && time.GetElapsedTime(entry.LastUse) > options.IdleLimit)
                {
                    retired.Add(zygote);
                    entries.Remove(key);
                }
            }

            foreach (var zygote in retired.Where(zygote => zygote.RunningJobs == 0).ToList())
            {
                _ = zygote.DisposeAsync().AsTask();
                retired.Remove(zygote);
            }
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        List<Task<ZygoteStartResult>> starts;
        lock (gate)
        {
            disposed = true;
            starts = [.. entries.Values.Select(entry => entry.Start)];
            entries.Clear();
        }

        foreach (var start in starts)
        {
            if (await start is ZygoteStartResult.Ready ready)
                await ready.Zygote.DisposeAsync();
        }

        foreach (var zygote in retired)
            await zygote.DisposeAsync();
    }

    private bool MustReplace(Entry entry)
    {
        if (entry.Zygote is not { } zygote)
            return false;
        if (zygote.HasEnded)
            entry.Deaths += zygote.WasKilledByJob ? 0 : 1;
        else if (zygote.IsStale || zygote.Forks >= options.ForksPerZygote)
            retired.Add(zygote);
        else
            return false;
        return true;
    }

    private sealed class Entry(Task<ZygoteStartResult> start)
    {
        public Task<ZygoteStartResult> Start => start;

        public ZygoteProcess? Zygote => start is { IsCompletedSuccessfully: true, Result: ZygoteStartResult.Ready ready } ? ready.Zygote : null;

        public int Deaths { get; set; }

        public long LastUse { get; set; }
    }
}
