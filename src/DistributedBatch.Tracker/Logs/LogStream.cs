namespace DistributedBatch.Tracker.Logs;

/// <summary>Which of the two streams of an attempt.</summary>
public enum LogStream
{
    /// <summary>Standard output, <c>.out</c>.</summary>
    Out,

    /// <summary>Standard error, <c>.err</c>.</summary>
    Err,
}
