namespace DistributedBatch.Tracker.Notifications;

/// <summary>An event of a run that causes a notification.</summary>
internal enum RunEvent
{
    /// <summary>The run succeeded, failed or was cancelled.</summary>
    Ended,

    /// <summary>The run makes no progress although chunks are left.</summary>
    Stalled,

    /// <summary>The number of failed chunks reached the limit that the user set.</summary>
    Failures,
}
