using DistributedBatch.Contracts.Chunks;
using DistributedBatch.Contracts.Runs;

namespace DistributedBatch.Contracts.Api;

/// <summary>A run as lists and <c>show RUN --json</c> give it.</summary>
public sealed record RunView
{
    /// <summary>Its id.</summary>
    public required RunId Run { get; init; }

    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>Its state.</summary>
    public required RunState State { get; init; }

    /// <summary>Why it is in that state, where that needs a word.</summary>
    public string? Reason { get; init; }

    /// <summary>Chunks by state.</summary>
    public required ChunkCounts Chunks { get; init; }

    /// <summary>First item.</summary>
    public required long First { get; init; }

    /// <summary>Number of items in the dataset.</summary>
    public required long Total { get; init; }

    /// <summary>Items in succeeded chunks.</summary>
    public required long ItemsSucceeded { get; init; }

    /// <summary>The command.</summary>
    public required IReadOnlyList<string> Command { get; init; }

    /// <summary>Name of the token that submitted it; null for <c>dbatch run</c>.</summary>
    public string? Submitter { get; init; }

    /// <summary>When it was accepted.</summary>
    public required DateTimeOffset SubmittedAt { get; init; }

    /// <summary>When it was settled; null while it is not.</summary>
    public DateTimeOffset? FinishedAt { get; init; }

    /// <summary>Items per second over the last minute or so; null before the first chunk ended.</summary>
    public double? ItemsPerSecond { get; init; }

    /// <summary>When it will probably be settled; null when nothing is known or the run is settled.</summary>
    public EtaRange? Eta { get; init; }

    /// <summary>Median wall time of successful attempts, in seconds; null before the first.</summary>
    public double? MedianSeconds { get; init; }

    /// <summary>95th percentile of the wall time of successful attempts, in seconds; null before the first.</summary>
    public double? P95Seconds { get; init; }

    /// <summary>What its attempts used; null before the first ended, and in lists of runs.</summary>
    public RunUsage? Usage { get; init; }

    /// <summary>Attempts that failed so far, also those whose chunk runs again; 0 in lists of runs.</summary>
    public long FailedAttempts { get; init; }

    /// <summary>Directory that holds one folder per succeeded chunk; null when unknown.</summary>
    public string? OutputDirectory { get; init; }
}
