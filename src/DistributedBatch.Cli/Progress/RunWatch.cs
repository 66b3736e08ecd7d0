using System.Collections.Concurrent;
using System.Diagnostics;
using DistributedBatch.Cli.Sources;
using DistributedBatch.Contracts.Api;
using DistributedBatch.Contracts.Chunks;
using DistributedBatch.Contracts.Runs;
using DistributedBatch.Tracker.Queries;

namespace DistributedBatch.Cli.Progress;

/// <summary>Looks at a run a few times a second and tells a screen, until the run is settled or the watching ends.</summary>
/// <param name="source">Where the run is.</param>
/// <param name="run">The run.</param>
/// <param name="screen">Shows it.</param>
internal sealed class RunWatch(IRunSource source, RunId run, IProgressScreen screen)
{
    private readonly ConcurrentQueue<AttemptFailure> heard = new();
    private readonly HashSet<int> seen = [];
    private bool hears;

    /// <summary>What to say beside the numbers; null for nothing.</summary>
    public string? Note { get; set; }

    /// <summary>Takes in a failed attempt as it happens. Without this the watch finds failed chunks by looking.</summary>
    public void Hear(AttemptFailure failure)
    {
        hears = true;
        heard.Enqueue(failure);
    }

    /// <summary>Says that failures will be told by <see cref="Hear"/>.</summary>
    public void ExpectFailures() => hears = true;

    /// <summary>Watches until the run is settled, or <paramref name="until"/>; then shows the last state once more.</summary>
    public Task ShowAsync(CancellationToken until) => screen.ShowAsync(async show =>
    {
        var clock = Stopwatch.StartNew();
        var view = await source.ShowAsync(run, CancellationToken.None);
        while (!until.IsCancellationRequested)
        {
            await TellAsync(view);
            if (view?.State.IsSettled() == true)
                return;
            view = await source.ShowAfterAsync(run, screen.Interval, until);
        }

        await TellAsync(await source.ShowAsync(run, CancellationToken.None));

        async Task TellAsync(RunView? latest)
        {
            if (await StateAsync(latest, clock.Elapsed) is { } state)
                show(state);
        }
    });

    private async Task<ProgressState?> StateAsync(RunView? view, TimeSpan elapsed)
    {
        // Submitted, and nothing was heard of its chunks yet; the next look finds them.
        if (view is null || (view.Chunks.Total == 0 && view.Total > view.First))
            return null;
        var hosts = await source.HostsAsync(CancellationToken.None);
        if (!hears && view.Chunks.Failed > seen.Count)
            await LookForFailuresAsync();
        var failures = new List<AttemptFailure>();
        while (heard.TryDequeue(out var failure))
            failures.Add(failure);
        return new ProgressState(view, [.. hosts.Where(host => host.Alive)], failures, elapsed, Note);
    }

    private async Task LookForFailuresAsync()
    {
        var page = await source.ChunksAsync(run, new ChunkFilter { State = ChunkState.Failed }, RunQueries.MaxRows, null, CancellationToken.None);
        foreach (var chunk in page?.Items ?? [])
        {
            if (seen.Add(chunk.Index) && chunk.LastAttempt is { } attempt)
                heard.Enqueue(AttemptFailure.Of(attempt));
        }
    }
}
