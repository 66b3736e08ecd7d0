namespace DistributedBatch.Tracker.Notifications;

/// <summary>A recorded notification.</summary>
/// <param name="Number">The number of its run in the database.</param>
/// <param name="Event">The event.</param>
/// <param name="Revision">The revision of the event.</param>
/// <param name="Address">The receiver.</param>
/// <param name="Body">A <see cref="RunNotification"/> as JSON.</param>
/// <param name="MadeAt">When the event was detected.</param>
/// <param name="Tries">The number of failed tries.</param>
internal sealed record StoredNotification(long Number, string Event, long Revision, Uri Address, string Body, DateTimeOffset MadeAt, int Tries);
