namespace DistributedBatch.Tracker.Notifications;

/// <summary>When a notice that could not be sent is sent again: after 10 s, 30 s, 90 s and so on up to an hour, for a day.</summary>
internal static class NotificationSchedule
{
    private static readonly TimeSpan First = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Longest = TimeSpan.FromHours(1);
    private static readonly TimeSpan GivenUpAfter = TimeSpan.FromDays(1);

    /// <summary>The next try after <paramref name="tries"/> in vain; null to give up.</summary>
    public static DateTimeOffset? Next(DateTimeOffset madeAt, int tries, DateTimeOffset now)
    {
        var pause = tries > 8 ? Longest : First * Math.Pow(3, tries - 1);
        return now - madeAt < GivenUpAfter ? now + (pause < Longest ? pause : Longest) : null;
    }
}
