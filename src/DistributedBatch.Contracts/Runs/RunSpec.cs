using DistributedBatch.Contracts.Datasets;

namespace DistributedBatch.Contracts.Runs;

/// <summary>A run as its user asked for it: what to run, over which items, and how patient to be. Never changes once accepted.</summary>
public sealed record RunSpec
{
    /// <summary>
    /// Id its client chose, which makes a submission repeated after a lost answer the same run; null (default) lets the producer choose.
    /// </summary>
    public RunId? Id { get; init; }

    /// <summary>Name for people; must be unique among unsettled runs. Default: the program's name.</summary>
    public required string Name { get; init; }

    /// <summary>The items the run goes over.</summary>
    public required Dataset Dataset { get; init; }

    /// <summary>What is executed for each chunk.</summary>
    public required JobSpec Job { get; init; }

    /// <summary>Items per chunk, the last chunk takes the remainder; null lets the producer find it from measured durations (<c>--chunk auto</c>).</summary>
    public long? ChunkSize { get; init; } = 1;

    /// <summary>
    /// How many more attempts a chunk gets after its first failed one. Default 2. Attempts that were released or cancelled do not count; lost hosts
    /// have a limit of their own, <see cref="CrashLimit"/>.
    /// </summary>
    public int Retries { get; init; } = 2;

    /// <summary>Delay before the second attempt; doubles for each further one up to five minutes, with jitter. Default one second.</summary>
    public TimeSpan RetryDelay { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>How many hosts a chunk may take down (or be lost with) before it is failed as <c>host-lost</c>. Default 5.</summary>
    public int CrashLimit { get; init; } = 5;

    /// <summary>The run is cancelled as soon as more than this many chunks have failed for good; null (default) never does.</summary>
    public int? MaxFailures { get; init; }

    /// <summary>Share of the slots when several runs are on, relative to their weights. At least 1, default 1.</summary>
    public int Weight { get; init; } = 1;

    /// <summary>Runs of higher priority are fed first. Default 0.</summary>
    public int Priority { get; init; }

    /// <summary>Command run once before anything is enqueued, where the command was given; empty for none.</summary>
    public IReadOnlyList<string> Before { get; init; } = [];

    /// <summary>Command run once after all chunks succeeded, where the command was given; empty for none.</summary>
    public IReadOnlyList<string> After { get; init; } = [];

    /// <summary>
    /// Address told when the run ends, stalls or has <see cref="NotifyFailures"/> failed chunks; null (default) for none. <c>https://…</c> receives JSON,
    /// <c>ntfy://host/topic</c> (<c>ntfy+http://</c> without TLS) a message as ntfy servers take it. See docs/notifications.md.
    /// </summary>
    public Uri? Notify { get; init; }

    /// <summary>How many chunks must have failed for good before <see cref="Notify"/> is told of it, once. Default 1; 0 never tells.</summary>
    public int NotifyFailures { get; init; } = 1;

    /// <summary>Name of the token that submitted it, which may control the run; null (default) for <c>dbatch run</c>. The server sets it, whatever the client sent.</summary>
    public string? Submitter { get; init; }

    /// <summary>W3C trace context the run belongs to; null (default) lets the producer begin a trace where tracing is on.</summary>
    public string? TraceParent { get; init; }
}
