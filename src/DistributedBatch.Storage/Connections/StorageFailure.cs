namespace DistributedBatch.Storage.Connections;

/// <summary>Why a database could not be used.</summary>
public enum StorageFailure
{
    /// <summary>Another program holds a lock. A retry can succeed.</summary>
    Busy,

    /// <summary>The disk is full. A retry succeeds once there is space.</summary>
    Full,

    /// <summary>The file, its directory or the database is read-only, or belongs to another user.</summary>
    NotWritable,

    /// <summary>The file is damaged or is not a database.</summary>
    Damaged,

    /// <summary>The server does not answer: it restarts, stops, or the network is down. A retry can succeed.</summary>
    Unreachable,

    /// <summary>Anything else the database reported.</summary>
    Other,
}
