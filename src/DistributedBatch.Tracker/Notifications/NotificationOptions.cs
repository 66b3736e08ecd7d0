namespace DistributedBatch.Tracker.Notifications;

/// <summary>Settings of the <see cref="Notifier"/>.</summary>
public sealed class NotificationOptions
{
    /// <summary>
    /// How long a run makes no progress before it counts as stalled. Default 10 min. While its chunks run, five times the longest attempt so far counts where
    /// that is more. A shorter time causes false alarms.
    /// </summary>
    public TimeSpan StallAfter { get; set; } = TimeSpan.FromMinutes(10);

    /// <summary>
    /// Whether addresses of this machine (loopback and link-local) are notified. Default true, for <c>dbatch run</c>. A server refuses them, unless it is told otherwise:
    /// whoever may submit would else reach services that listen on the server's machine alone.
    /// </summary>
    public bool AllowsLocal { get; set; } = true;
}
