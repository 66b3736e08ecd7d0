namespace DistributedBatch.Tracker.Logs;

/// <summary>An output stream of an attempt.</summary>
public enum LogStream
{
    /// <summary>Standard output, <c>.out</c>.</summary>
    Out,

    /// <summary>Standard error, <c>.err</c>.</summary>
    Err,
}
