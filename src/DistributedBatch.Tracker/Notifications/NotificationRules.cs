using DistributedBatch.Contracts.Runs;

namespace DistributedBatch.Tracker.Notifications;

/// <summary>Decides what is worth telling. Whether it was told already is not its business: the key of a notice sees to that.</summary>
internal static class NotificationRules
{
    private const int TimesTheLongest = 5;

    /// <summary>What there is to tell of a run, with the revision that tells two such events apart.</summary>
    /// <param name="run">The run.</param>
    /// <param name="busy">Whether hosts that could run it are at work, on this run or another.</param>
    /// <param name="longest">The longest attempt of the run so far; null when none has ended.</param>
    /// <param name="stallAfter">See <see cref="TrackerOptions.StallAfter"/>.</param>
    /// <param name="now">The time.</param>
    public static IEnumerable<(RunEvent Event, long Revision)> Of(WatchedRun run, bool busy, TimeSpan? longest, TimeSpan stallAfter, DateTimeOffset now)
    {
        // Once a run, however often it is retried: who has read of the first failures knows where to look.
        if (run.FailureLimit > 0 && run.View.Chunks.Failed >= run.FailureLimit)
            yield return (RunEvent.Failures, 0);
        if (run.View.State.IsSettled())
            yield return (RunEvent.Ended, run.Revision);
        else if (run.View.State == RunState.Running && PatienceWith(busy, longest, stallAfter) is { } patience && now - run.ChangedAt > patience)
            yield return (RunEvent.Stalled, run.Revision);
    }

    /// <summary>How long a run may be silent; null for ever, because its first chunks may take as long as they like.</summary>
    private static TimeSpan? PatienceWith(bool busy, TimeSpan? longest, TimeSpan stallAfter) => busy switch
    {
        false => stallAfter,
        true when longest is { } known => known * TimesTheLongest > stallAfter ? known * TimesTheLongest : stallAfter,
        true => null,
    };
}
