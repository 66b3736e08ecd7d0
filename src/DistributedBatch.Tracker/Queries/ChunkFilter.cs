namespace DistributedBatch.Tracker.Queries;

/// <summary>Which chunks of a run to list. All conditions must hold; null is no condition.</summary>
public sealed record ChunkFilter
{
    /// <summary>The state.</summary>
    public ChunkState? State { get; init; }

    /// <summary>The host of one of the attempts.</summary>
    public string? Host { get; init; }

    /// <summary>The least duration of one of the attempts.</summary>
    public TimeSpan? LongerThan { get; init; }

    /// <summary>A text in the error or standard error of a failed attempt, whatever its case.</summary>
    public string? Error { get; init; }
}
