using DistributedBatch.Contracts.Chunks;
using DistributedBatch.Contracts.Runs;

namespace DistributedBatch.Tracker.Notifications;

/// <summary>What a webhook receives, described in docs/notifications.md.</summary>
internal sealed record RunNotification
{
    /// <summary><c>ended</c>, <c>stalled</c> or <c>failures</c>.</summary>
    public required string Event { get; init; }

    /// <summary>The run.</summary>
    public required RunId Run { get; init; }

    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>Its state.</summary>
    public required RunState State { get; init; }

    /// <summary>A few words for a headline.</summary>
    public required string Title { get; init; }

    /// <summary>A sentence or two.</summary>
    public required string Text { get; init; }

    /// <summary>Its chunks by state.</summary>
    public required ChunkCounts Chunks { get; init; }

    /// <summary>Items in succeeded chunks.</summary>
    public required long ItemsSucceeded { get; init; }

    /// <summary>When it was submitted.</summary>
    public required DateTimeOffset SubmittedAt { get; init; }

    /// <summary>When it ended; null while it goes on.</summary>
    public DateTimeOffset? FinishedAt { get; init; }

    /// <summary>When this was noticed.</summary>
    public required DateTimeOffset At { get; init; }
}
