namespace DistributedBatch.Tracker.Notifications;

/// <summary>When a failed notification is retried: after 10 s, 30 s, 90 s and so on, at most an hour apart, for a day.</summary>
internal static class NotificationSchedule
{
    private static readonly TimeSpan First = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Longest = TimeSpan.FromHours(1);
    private static readonly TimeSpan GiveUpAfter = TimeSpan.FromDays(1);

    /// <summary>The next try after <paramref name="tries"/> failed ones; null to give up.</summary>
    public static DateTimeOffset? Next(DateTimeOffset madeAt, int tries, DateTimeOffset now)
    {
        var pause = tries > 8 ? Longest : First * Math.Pow(3, tries - 1);
        return now - madeAt < GiveUpAfter ? now + (pause < Longest ? pause : Longest) : null;
    }
}
