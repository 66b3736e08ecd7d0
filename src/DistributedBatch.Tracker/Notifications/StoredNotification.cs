namespace DistributedBatch.Tracker.Notifications;

/// <summary>A notice that is to be sent.</summary>
/// <param name="Number">Number of its run in the database.</param>
/// <param name="Event">What it tells.</param>
/// <param name="Revision">The revision that tells two such events apart.</param>
/// <param name="Address">Who is told.</param>
/// <param name="Body">A <see cref="RunNotification"/> as JSON.</param>
/// <param name="MadeAt">When it was noticed.</param>
/// <param name="Tries">How often it was sent in vain.</param>
internal sealed record StoredNotification(long Number, string Event, long Revision, Uri Address, string Body, DateTimeOffset MadeAt, int Tries);
