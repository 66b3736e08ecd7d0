namespace DistributedBatch.Consumer.Zygote;

/// <summary>Counts, for one run, the starts that were saved.</summary>
internal sealed class WarmTally
{
    private long starts;
    private long ticks;

    /// <summary>Chunks that ran warm.</summary>
    public long Starts => Interlocked.Read(ref starts);

    /// <summary>Processor time their starts would have taken.</summary>
    public TimeSpan Saved => TimeSpan.FromTicks(Interlocked.Read(ref ticks));

    /// <summary>Modules that were imported once for all chunks.</summary>
    public IReadOnlyList<string> Preloaded { get; set; } = [];

    /// <summary>One more chunk ran warm.</summary>
    /// <param name="saved">What an interpreter start with the same imports takes.</param>
    public void Add(TimeSpan saved)
    {
        Interlocked.Increment(ref starts);
        Interlocked.Add(ref ticks, saved.Ticks);
    }
}
