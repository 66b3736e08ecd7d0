namespace DistributedBatch.Tracker.Notifications;

/// <summary>A run with a notification address.</summary>
/// <param name="Number">Its number in the database.</param>
/// <param name="View">The run.</param>
/// <param name="Revision">The ledger's revision of the run.</param>
/// <param name="ChangedAt">When the ledger last changed the run.</param>
/// <param name="Address">The receiver, see <see cref="Contracts.Runs.RunSpec.Notify"/>.</param>
/// <param name="FailureLimit">See <see cref="Contracts.Runs.RunSpec.NotifyFailures"/>.</param>
internal sealed record WatchedRun(long Number, RunView View, long Revision, DateTimeOffset ChangedAt, Uri Address, int FailureLimit);
