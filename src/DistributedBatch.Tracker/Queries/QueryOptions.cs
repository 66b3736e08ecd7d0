namespace DistributedBatch.Tracker.Queries;

/// <summary>Settings of <see cref="RunQueries"/>.</summary>
public sealed class QueryOptions
{
    /// <summary>
    /// A host without a heartbeat for this long is offline. Default 30 s. It must be longer than a few heartbeats, or busy hosts flicker. A longer time shows
    /// dead hosts as online.
    /// </summary>
    public TimeSpan HostTimeout { get; set; } = TimeSpan.FromSeconds(30);
}
