namespace DistributedBatch.Tracker.Notifications;

/// <summary>Settings of the <see cref="Notifier"/>.</summary>
public sealed class NotificationOptions
{
    /// <summary>
    /// How long a run makes no progress before it counts as stalled. Default 10 min. While its chunks run, five times the longest attempt so far counts where
    /// that is more. A shorter time causes false alarms.
    /// </summary>
    public TimeSpan StallAfter { get; set; } = TimeSpan.FromMinutes(10);
}
