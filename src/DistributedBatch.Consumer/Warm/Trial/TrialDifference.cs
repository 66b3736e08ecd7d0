namespace DistributedBatch.Consumer.Warm.Trial;

/// <summary>How two runs of the same chunk differ.</summary>
/// <param name="Text">The first difference, half a sentence.</param>
internal sealed record TrialDifference(string Text)
{
    /// <summary>Whether nothing differs but times, durations, rates and addresses in what was printed.</summary>
    public bool OnlyTimes { get; init; }
}
