namespace DistributedBatch.Tracker.Retention;

/// <summary>What came of the request to remove a host.</summary>
internal enum HostRemoval
{
    /// <summary>The host is no longer in the list.</summary>
    Done,

    /// <summary>No host has this name.</summary>
    Unknown,

    /// <summary>The host still sends heartbeats.</summary>
    StillOnline,
}
