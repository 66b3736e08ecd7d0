namespace DistributedBatch.Tracker.Notifications;

/// <summary>The JSON that a webhook receives, see docs/notifications.md.</summary>
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

    /// <summary>The headline.</summary>
    public required string Title { get; init; }

    /// <summary>One or two sentences.</summary>
    public required string Text { get; init; }

    /// <summary>Its chunks by state.</summary>
    public required ChunkCounts Chunks { get; init; }

    /// <summary>The number of items in succeeded chunks.</summary>
    public required long ItemsSucceeded { get; init; }

    /// <summary>When the run was submitted.</summary>
    public required DateTimeOffset SubmittedAt { get; init; }

    /// <summary>When the run ended; null while it runs.</summary>
    public DateTimeOffset? FinishedAt { get; init; }

    /// <summary>When the event was detected.</summary>
    public required DateTimeOffset At { get; init; }
}
