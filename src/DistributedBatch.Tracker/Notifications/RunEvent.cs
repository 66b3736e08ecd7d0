namespace DistributedBatch.Tracker.Notifications;

/// <summary>What people are told of a run.</summary>
internal enum RunEvent
{
    /// <summary>It is over, whether it succeeded, failed or was cancelled.</summary>
    Ended,

    /// <summary>Nothing of it moves although there is work left.</summary>
    Stalled,

    /// <summary>As many of its chunks have failed for good as its user wants to be told of.</summary>
    Failures,
}
