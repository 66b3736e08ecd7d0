using DistributedBatch.Consumer.Isolation;

namespace DistributedBatch.Consumer.Warm;

/// <summary>The zygotes of a host, at most one in use per key. Replaces those that are stale, worn out or dead, and ends those nobody needs.</summary>
internal sealed class ZygotePool(WarmStartOptions options, AttemptCgroups? groups, TimeProvider time, ILogger logger) : IAsyncDisposable
{
    private const int DeathLimit = 3;

    private readonly Lock turn = new();
    private readonly Dictionary<ZygoteKey, Place> places = [];
    private readonly List<ZygoteProcess> retired = [];
    private bool disposed;

    /// <summary>A zygote to fork from, started when there is none; all who ask meanwhile wait for the same one.</summary>
    public Task<ZygoteStart> TakeAsync(ZygoteKey key)
    {
        lock (turn)
        {
            if (disposed)
                return Task.FromResult<ZygoteStart>(new ZygoteStart.Unfit("the consumer is stopping"));
            var place = places.GetValueOrDefault(key);
            if (place is not null && !NeedsAnother(place))
            {
                place.LastUse = time.GetTimestamp();
                return place.Start;
            }

            if (place?.Deaths >= DeathLimit)
                return Task.FromResult<ZygoteStart>(new ZygoteStart.Unfit($"its preloaded interpreter died {DeathLimit} times"));
            var start = ZygoteProcess.StartAsync(key, options.StartLimit, groups, time, logger);
            places[key] = new Place(start) { Deaths = place?.Deaths ?? 0, LastUse = time.GetTimestamp() };
            return start;
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        List<Task<ZygoteStart>> starts;
        lock (turn)
        {
            disposed = true;
            starts = [.. places.Values.Select(place => place.Start)];
            places.Clear();
        }

        foreach (var start in starts)
        {
            if (await start is ZygoteStart.Ready ready)
                await ready.Zygote.DisposeAsync();
        }

        foreach (var zygote in retired)
            await zygote.DisposeAsync();
    }

    private bool NeedsAnother(Place place)
    {
        if (place.Zygote is not { } zygote)
            return false;
        if (zygote.Lost)
            place.Deaths++;
        else if (zygote.Stale || zygote.Forks >= options.ForksPerZygote)
            retired.Add(zygote);
        else
            return false;
        return true;
    }

    /// <summary>Ends what was replaced and what nobody needed for a while.</summary>
    public void EndUnused()
    {
        lock (turn)
            EndUnusedLocked();
    }

    private void EndUnusedLocked()
    {
        foreach (var (key, place) in places)
        {
            if (place.Zygote is { Running: 0 } zygote && time.GetElapsedTime(place.LastUse) > options.IdleLimit)
            {
                retired.Add(zygote);
                places.Remove(key);
            }
        }

        for (var i = retired.Count - 1; i >= 0; i--)
        {
            if (retired[i].Running > 0)
                continue;
            _ = retired[i].DisposeAsync().AsTask();
            retired.RemoveAt(i);
        }
    }

    private sealed class Place(Task<ZygoteStart> start)
    {
        public Task<ZygoteStart> Start => start;

        public ZygoteProcess? Zygote => start is { IsCompletedSuccessfully: true, Result: ZygoteStart.Ready ready } ? ready.Zygote : null;

        public int Deaths { get; set; }

        public long LastUse { get; set; }
    }
}
