using DistributedBatch.Contracts.Chunks;

namespace DistributedBatch.Contracts.Api;

/// <summary>One chunk as lists show it.</summary>
public sealed record ChunkView
{
    /// <summary>Number of the chunk.</summary>
    public required int Index { get; init; }

    /// <summary>First item.</summary>
    public required long Start { get; init; }

    /// <summary>Number of items.</summary>
    public required long Count { get; init; }

    /// <summary>Its state.</summary>
    public required ChunkState State { get; init; }

    /// <summary>Attempts made so far.</summary>
    public required int Attempts { get; init; }

    /// <summary>When it may be fed again; null for at once.</summary>
    public DateTimeOffset? NotBefore { get; init; }

    /// <summary>The attempt that says most about it: the successful one, else the last; null before the first.</summary>
    public AttemptView? LastAttempt { get; init; }
}
