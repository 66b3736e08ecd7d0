namespace DistributedBatch.Consumer.Warm;

/// <summary>Counts, for one run, the starts that were saved.</summary>
internal sealed class WarmCounts
{
    private long starts;

    /// <summary>Chunks that ran warm.</summary>
    public long Starts => Interlocked.Read(ref starts);

    /// <summary>Modules that were imported once for all chunks.</summary>
    public IReadOnlyList<string> Preloaded { get; set; } = [];

    /// <summary>What an interpreter start with the same imports takes in processor time, as the zygote's own did.</summary>
    public TimeSpan SavedEach { get; set; }

    /// <summary>Processor time that the starts would have taken.</summary>
    public TimeSpan Saved => SavedEach * Starts;

    /// <summary>One more chunk ran warm.</summary>
    public void Add() => Interlocked.Increment(ref starts);
}
