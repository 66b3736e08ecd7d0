namespace DistributedBatch.Tracker.Notifications;

/// <summary>Decides which events of a run cause notifications. The key of a recorded notification keeps an event from being recorded twice.</summary>
internal static class NotificationRules
{
    private const int StallFactor = 5;

    /// <summary>The events of a run, each with the revision that distinguishes two events of the same kind.</summary>
    /// <param name="run">The run.</param>
    /// <param name="busy">Whether any host runs an attempt, of this run or another one.</param>
    /// <param name="longest">The longest ended attempt of the run; null when none has ended.</param>
    /// <param name="stallAfter">See <see cref="NotificationOptions.StallAfter"/>.</param>
    /// <param name="now">The time.</param>
    public static IEnumerable<(RunEvent Event, long Revision)> EventsOf(WatchedRun run, bool busy, TimeSpan? longest, TimeSpan stallAfter, DateTimeOffset now)
    {
        // Once for each run, even when it is retried: the user knows of the failures then.
        if (run.FailureLimit > 0 && run.View.Chunks.Failed >= run.FailureLimit)
            yield return (RunEvent.Failures, 0);
        if (run.View.State.IsSettled())
            yield return (RunEvent.Ended, run.Revision);
        else if (run.View.State == RunState.Running && StallTimeout(busy, longest, stallAfter) is { } timeout && now - run.ChangedAt > timeout)
            yield return (RunEvent.Stalled, run.Revision);
    }

    /// <summary>How long a run may make no progress; null for no limit, while its first chunks run.</summary>
    private static TimeSpan? StallTimeout(bool busy, TimeSpan? longest, TimeSpan stallAfter) => busy switch
    {
        false => stallAfter,
        true when longest is { } known => known * StallFactor > stallAfter ? known * StallFactor : stallAfter,
        true => null,
    };
}
