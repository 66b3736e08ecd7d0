using System.Collections.Concurrent;
using System.Diagnostics;
using DistributedBatch.Cli.Sources;
using DistributedBatch.Tracker.Queries;

namespace DistributedBatch.Cli.Progress;

/// <summary>Reads a run a few times a second and shows it on a screen, until the run is settled or the watch is stopped.</summary>
/// <param name="source">The source of the run.</param>
/// <param name="run">The run.</param>
/// <param name="screen">The screen.</param>
internal sealed class RunWatcher(IRunSource source, RunId run, IProgressScreen screen)
{
    private readonly ConcurrentQueue<AttemptFailure> newFailures = new();
    private readonly HashSet<int> shownChunks = [];

    /// <summary>A message beside the numbers; null for none.</summary>
    public string? Note { get; set; }

    /// <summary>Reads what keeps the run from going on at the moment; null when nothing does. Shown like a <see cref="Note"/>.</summary>
    public Func<string?> Problem { get; init; } = () => null;

    /// <summary>Whether <see cref="AddFailure"/> reports every failed attempt. Otherwise the watcher queries the failed chunks.</summary>
    public bool FailuresArePushed { get; init; }

    /// <summary>Adds a failed attempt, to be shown next.</summary>
    public void AddFailure(AttemptFailure failure) => newFailures.Enqueue(failure);

    /// <summary>Watches until the run is settled, or <paramref name="until"/>; then shows the last state.</summary>
    public Task ShowAsync(CancellationToken until) => screen.ShowAsync(async show =>
    {
        var clock = Stopwatch.StartNew();
        var view = await source.ShowAsync(run, CancellationToken.None);
        while (!until.IsCancellationRequested)
        {
            await ShowStateAsync(view);
            if (view?.State.IsSettled() == true)
                return;
            view = await source.ShowAfterAsync(run, screen.Interval, until);
        }

        await ShowStateAsync(await source.ShowAsync(run, CancellationToken.None));

        async Task ShowStateAsync(RunView? latest)
        {
            if (await StateAsync(latest, clock.Elapsed) is { } state)
                show(state);
        }
    });

    private async Task<ProgressState?> StateAsync(RunView? view, TimeSpan elapsed)
    {
        // The run is submitted but the source has none of its chunks yet.
        if (view is null || (view.Chunks.Total == 0 && view.Total > view.First))
            return null;
        var hosts = await source.HostsAsync(CancellationToken.None);
        if (!FailuresArePushed && view.Chunks.Failed > shownChunks.Count)
            await QueryFailuresAsync();
        var failures = new List<AttemptFailure>();
        while (newFailures.TryDequeue(out var failure))
            failures.Add(failure);
        return new ProgressState(view, [.. hosts.Where(host => host.Alive)], failures, elapsed, Note ?? Problem());
    }

    private async Task QueryFailuresAsync()
    {
        var page = await source.ChunksAsync(run, new ChunkFilter { State = ChunkState.Failed }, RunQueries.MaxRows, null, CancellationToken.None);
        foreach (var chunk in page?.Items ?? [])
        {
            if (shownChunks.Add(chunk.Index) && chunk.LastAttempt is { } attempt)
                newFailures.Enqueue(AttemptFailure.Of(attempt));
        }
    }
}
