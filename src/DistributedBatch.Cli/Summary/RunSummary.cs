using DistributedBatch.Cli.Output;
using DistributedBatch.Cli.Sources;
using DistributedBatch.Contracts.Api;
using DistributedBatch.Contracts.Chunks;
using DistributedBatch.Contracts.Runs;
using DistributedBatch.Tracker.Queries;

namespace DistributedBatch.Cli.Summary;

/// <summary>What is said when a run ends. With <c>--json</c> this is printed as it is; its names are stable.</summary>
internal sealed record RunSummary
{
    private const int ShownFailures = 10;
    private const int ShownSlowest = 3;
    private const int WidthOfMessage = 160;

    /// <summary>Id of the run.</summary>
    public required RunId Run { get; init; }

    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>Its state.</summary>
    public required RunState State { get; init; }

    /// <summary>Why it is in that state, where that needs a word.</summary>
    public string? Reason { get; init; }

    /// <summary>Items to process.</summary>
    public required long Items { get; init; }

    /// <summary>Items in succeeded chunks.</summary>
    public required long ItemsSucceeded { get; init; }

    /// <summary>Chunks by state.</summary>
    public required ChunkCounts Chunks { get; init; }

    /// <summary>Wall time in seconds; of a resumed run since it was resumed.</summary>
    public required double WallSeconds { get; init; }

    /// <summary>Sum of the wall times of all attempts that ended in this time.</summary>
    public required double AttemptSeconds { get; init; }

    /// <summary>How many times faster than one slot; null when nothing ran.</summary>
    public double? Speedup => WallSeconds > 0 && AttemptSeconds > 0 ? AttemptSeconds / WallSeconds : null;

    /// <summary>Items a second over that time; null when nothing succeeded.</summary>
    public double? ItemsPerSecond { get; init; }

    /// <summary>Slots at the end; null when no host is up.</summary>
    public int? Slots { get; init; }

    /// <summary>Why there were as many.</summary>
    public string? SlotsReason { get; init; }

    /// <summary>What people should know about how the attempts used the machines.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];

    /// <summary>How attempts were started: <c>off</c>, <c>fork</c> or <c>keep</c>; null when nothing ran.</summary>
    public WarmMode? Warm { get; init; }

    /// <summary>Why they were started like that, and what it saved; null when there is nothing to say.</summary>
    public string? WarmReason { get; init; }

    /// <summary>Directory with one folder per succeeded chunk that left something in <c>DBATCH_OUT</c>.</summary>
    public string? OutputDirectory { get; init; }

    /// <summary>The slowest attempts.</summary>
    public IReadOnlyList<SummaryChunk> Slowest { get; init; } = [];

    /// <summary>The first failed chunks.</summary>
    public IReadOnlyList<SummaryChunk> Failed { get; init; } = [];

    /// <summary>Something to try, when the failures look like something we know; null otherwise.</summary>
    public string? Hint { get; init; }

    /// <summary>The command that goes on with the run; null when nothing is left to do.</summary>
    public string? Resume { get; init; }

    /// <summary>Reads the summary of a run.</summary>
    /// <param name="source">Where the run is.</param>
    /// <param name="view">The run.</param>
    /// <param name="session">What this process saw of it; null when it only watched.</param>
    /// <param name="cancellation">Gives up.</param>
    public static async Task<RunSummary> ReadAsync(IRunSource source, RunView view, RunSession? session, CancellationToken cancellation)
    {
        var slowest = (await source.SlowestAsync(view.Run, 4 * ShownSlowest, cancellation))
            .DistinctBy(attempt => attempt.Index).Take(ShownSlowest).ToList();
        var failed = view.Chunks.Failed == 0
            ? null
            : await source.ChunksAsync(view.Run, new ChunkFilter { State = ChunkState.Failed }, ShownFailures, null, cancellation);
        var hosts = await source.HostsAsync(cancellation);
        var alive = hosts.Where(host => host.Alive).ToList();
        var wall = session?.Wall.TotalSeconds ?? ((view.FinishedAt ?? TimeProvider.System.GetUtcNow()) - view.SubmittedAt).TotalSeconds;
        var items = view.ItemsSucceeded - (session?.ItemsBefore ?? 0);
        var busy = (await source.TimelineAsync(view.Run, cancellation)).Sum(bucket => bucket.BusySeconds);
        var warm = session?.Warm ?? [.. hosts.SelectMany(host => host.Host.Warm).Where(warm => warm.Run == view.Run)];
        return new RunSummary
        {
            Run = view.Run,
            Name = view.Name,
            State = view.State,
            Reason = view.Reason,
            Items = view.Total - view.First,
            ItemsSucceeded = view.ItemsSucceeded,
            Chunks = view.Chunks,
            WallSeconds = wall,
            AttemptSeconds = Math.Max(0, busy - (session?.AttemptSecondsBefore ?? 0)),
            ItemsPerSecond = items > 0 && wall > 0 ? items / wall : null,
            Slots = session?.Slots ?? (alive.Count > 0 ? alive.Sum(host => host.Host.Slots) : null),
            SlotsReason = session is null ? null : session.SlotsReason ?? (alive is [var only] ? only.Host.SlotsReason : null),
            Warnings = session?.Warnings ?? [],
            Warm = WarmStartText.ModeOf(warm) ?? (slowest.Count > 0 ? slowest[0].Warm : null),
            WarmReason = WarmStartText.Of(warm, view.Command),
            OutputDirectory = view.OutputDirectory,
            Slowest = [.. slowest.Select(attempt => Point(view, attempt))],
            Failed = [.. (failed?.Items ?? []).Select(chunk => chunk.LastAttempt).OfType<AttemptView>().Select(attempt => Point(view, attempt))],
            Hint = session?.Hint,
            Resume = session?.Resume,
        };
    }

    private static SummaryChunk Point(RunView view, AttemptView attempt) => new(
        attempt.Index,
        attempt.Attempt,
        attempt.Seconds,
        HumanText.Ending(attempt),
        attempt.Outcome == AttemptOutcome.Succeeded
            ? null
            : HumanText.Said(attempt.Outcome, attempt.StderrTail, attempt.Error, WidthOfMessage),
        $"dbatch logs {view.Run} {attempt.Index}");
}
