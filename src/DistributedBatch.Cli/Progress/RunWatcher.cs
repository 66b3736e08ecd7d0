using System.Collections.Concurrent;
using System.Diagnostics;
using DistributedBatch.Cli.Servers;
using DistributedBatch.Cli.Sources;

namespace DistributedBatch.Cli.Progress;

/// <summary>Reads a run a few times a second and shows it on a screen, until the run is settled or the watch is stopped.</summary>
/// <param name="source">The source of the run.</param>
/// <param name="run">The run.</param>
/// <param name="screen">The screen.</param>
internal sealed class RunWatcher(IRunSource source, RunId run, IProgressScreen screen)
{
    private const int MaxFailuresAtOnce = 50;

    private readonly ConcurrentQueue<AttemptFailure> newFailures = new();
    private readonly HashSet<(int Index, int Attempt)> shownFailures = [];
    private readonly OutageRetry outages = new(screen.Tell);
    private long failuresSeen;

    /// <summary>A message beside the numbers; null for none.</summary>
    public string? Note { get; set; }

    /// <summary>Reads what keeps the run from going on at the moment; null when nothing does. Shown like a <see cref="Note"/>.</summary>
    public Func<string?> Problem { get; init; } = () => null;

    /// <summary>Whether <see cref="AddFailure"/> reports every failed attempt. Otherwise the watcher queries them.</summary>
    public bool FailuresArePushed { get; init; }

    /// <summary>Adds a failed attempt, to be shown next.</summary>
    public void AddFailure(AttemptFailure failure) => newFailures.Enqueue(failure);

    /// <summary>Watches until the run is settled or forgotten, or <paramref name="until"/>; then shows the last state.</summary>
    public Task ShowAsync(CancellationToken until) => screen.ShowAsync(async show =>
    {
        var clock = Stopwatch.StartNew();
        var view = await outages.ReadAsync(() => source.ShowAsync(run, CancellationToken.None), until);
        var isKnown = false;
        while (!until.IsCancellationRequested)
        {
            await outages.ReadAsync(() => ShowStateAsync(view), until);
            if (view?.State.IsSettled() == true || (isKnown && view is null))
                return;
            isKnown |= view is not null;
            view = await outages.ReadAsync(() => source.ShowAfterAsync(run, screen.Interval, until), until);
        }

        await ShowStateAsync(await source.ShowAsync(run, CancellationToken.None));

        async Task<bool> ShowStateAsync(RunView? latest)
        {
            if (await StateAsync(latest, clock.Elapsed) is not { } state)
                return false;
            show(state);
            return true;
        }
    });

    private async Task<ProgressState?> StateAsync(RunView? view, TimeSpan elapsed)
    {
        // The run is submitted but the source has none of its chunks yet.
        if (view is null || (view.Chunks.Total == 0 && view.Total > view.First))
            return null;
        var hosts = await source.HostsAsync(CancellationToken.None);
        if (!FailuresArePushed && view.FailedAttempts > failuresSeen)
            await QueryFailuresAsync(view.FailedAttempts);
        var failures = new List<AttemptFailure>();
        while (newFailures.TryDequeue(out var failure))
            failures.Add(failure);
        return new ProgressState(view, [.. hosts.Where(host => host.Alive)], failures, elapsed, Note ?? Problem());
    }

    private async Task QueryFailuresAsync(long failures)
    {
        var latest = await source.FailedAttemptsAsync(run, MaxFailuresAtOnce, CancellationToken.None);
        foreach (var attempt in latest.Reverse())
        {
            if (shownFailures.Add((attempt.Index, attempt.Attempt)))
                newFailures.Enqueue(AttemptFailure.Of(attempt));
        }

        failuresSeen = failures;
    }
}
