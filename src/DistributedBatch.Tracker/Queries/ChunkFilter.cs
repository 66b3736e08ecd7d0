using DistributedBatch.Contracts.Chunks;

namespace DistributedBatch.Tracker.Queries;

/// <summary>Which chunks of a run to list; all conditions hold at once, null asks for nothing.</summary>
public sealed record ChunkFilter
{
    /// <summary>In this state.</summary>
    public ChunkState? State { get; init; }

    /// <summary>With an attempt on this host.</summary>
    public string? Host { get; init; }

    /// <summary>With an attempt that took at least this long.</summary>
    public TimeSpan? LongerThan { get; init; }

    /// <summary>With a failed attempt whose error or standard error holds this text; capital and small letters are the same.</summary>
    public string? Error { get; init; }
}
