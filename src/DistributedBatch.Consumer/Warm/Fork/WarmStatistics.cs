namespace DistributedBatch.Consumer.Warm.Fork;

/// <summary>What warm start saved for one run on this host.</summary>
internal sealed class WarmStatistics
{
    private long starts;

    /// <summary>Number of chunks that ran warm.</summary>
    public long Starts => Interlocked.Read(ref starts);

    /// <summary>Modules that were imported once for all chunks.</summary>
    public IReadOnlyList<string> Preloaded { get; set; } = [];

    /// <summary>Processor time that each warm chunk saves: that of an interpreter start with the same imports.</summary>
    public TimeSpan SavedPerStart { get; set; }

    /// <summary>Processor time saved so far.</summary>
    public TimeSpan Saved => SavedPerStart * Starts;

    /// <summary>Counts a chunk that ran warm.</summary>
    public void CountStart() => Interlocked.Increment(ref starts);
}
