using System.Text.Json.Serialization;
using DistributedBatch.Cli.Output;
using DistributedBatch.Cli.Sources;
using DistributedBatch.Cli.Text;
using DistributedBatch.Tracker.Queries;

namespace DistributedBatch.Cli.Summary;

/// <summary>The summary at the end of a run. <c>--json</c> prints it; the names are stable.</summary>
internal sealed record RunSummary
{
    private const int ShownFailures = 10;
    private const int ShownSlowest = 3;
    private const int MessageWidth = 160;

    /// <summary>Id of the run.</summary>
    public required RunId Run { get; init; }

    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>Its state.</summary>
    public required RunState State { get; init; }

    /// <summary>Reason for the state; null for none.</summary>
    public string? Reason { get; init; }

    /// <summary>Items to process.</summary>
    public required long Items { get; init; }

    /// <summary>Items in succeeded chunks.</summary>
    public required long ItemsSucceeded { get; init; }

    /// <summary>Chunks by state.</summary>
    public required ChunkCounts Chunks { get; init; }

    /// <summary>Wall time in seconds; for a resumed run since it was resumed.</summary>
    public required double WallSeconds { get; init; }

    /// <summary>Sum of the wall times of the attempts that ended in this time.</summary>
    public required double AttemptSeconds { get; init; }

    /// <summary>Speedup over one slot; null when nothing ran.</summary>
    public double? Speedup => WallSeconds > 0 && AttemptSeconds > 0 ? AttemptSeconds / WallSeconds : null;

    /// <summary>Items per second over the wall time; null when nothing succeeded.</summary>
    public double? ItemsPerSecond { get; init; }

    /// <summary>Slots at the end; null when no host is online.</summary>
    public int? Slots { get; init; }

    /// <summary>Reason for the number of slots.</summary>
    public string? SlotsReason { get; init; }

    /// <summary>Warnings about the use of the machines.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];

    /// <summary>How attempts were started: <c>off</c>, <c>fork</c> or <c>keep</c>; null when nothing ran.</summary>
    public WarmMode? Warm { get; init; }

    /// <summary>Reason for that start, and what it saved; null for none.</summary>
    public string? WarmReason { get; init; }

    /// <summary>Directory with one folder per succeeded chunk with outputs.</summary>
    public string? OutputDirectory { get; init; }

    /// <summary>The slowest attempts.</summary>
    public IReadOnlyList<SummaryChunk> Slowest { get; init; } = [];

    /// <summary>The first failed chunks.</summary>
    public IReadOnlyList<SummaryChunk> Failed { get; init; } = [];

    /// <summary>A remedy for a known kind of failure; null for none.</summary>
    public string? Hint { get; init; }

    /// <summary>The command that continues the run; null when nothing is left to do.</summary>
    public string? Resume { get; init; }

    /// <summary>The options that commands need to find the run, with a leading blank.</summary>
    [JsonIgnore]
    public string CommandOptions { get; init; } = "";

    /// <summary>Reads the summary of a run.</summary>
    /// <param name="source">The source of the run.</param>
    /// <param name="view">The run.</param>
    /// <param name="session">Statistics of this process; null when it only watched.</param>
    /// <param name="cancellation">Gives up.</param>
    public static async Task<RunSummary> ReadAsync(IRunSource source, RunView view, SessionStatistics? session, CancellationToken cancellation)
    {
        var options = source.CommandOptions;
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
            Slowest = [.. slowest.Select(attempt => ChunkOf(view, attempt, options))],
            Failed = [.. (failed?.Items ?? []).Select(chunk => chunk.LastAttempt).OfType<AttemptView>().Select(attempt => ChunkOf(view, attempt, options))],
            Hint = session?.Hint,
            Resume = session?.Resume is { } resume ? CommandHint.Complete(resume, options) : null,
            CommandOptions = options,
        };
    }

    private static SummaryChunk ChunkOf(RunView view, AttemptView attempt, string options) => new(
        attempt.Index,
        attempt.Attempt,
        attempt.Seconds,
        HumanText.Outcome(attempt),
        attempt.Outcome == AttemptOutcome.Succeeded
            ? null
            : HumanText.FailureMessage(attempt, MessageWidth),
        $"dbatch logs {view.Run} {attempt.Index}{options}");
}

/// <summary>Source-generated JSON.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(RunSummary))]
internal sealed partial class RunSummaryContext : JsonSerializerContext;
