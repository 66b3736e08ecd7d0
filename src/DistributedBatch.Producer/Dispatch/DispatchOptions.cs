namespace DistributedBatch.Producer.Dispatch;

/// <summary>Settings of <see cref="DispatchWindow"/>.</summary>
public sealed class DispatchOptions
{
    /// <summary>
    /// How many short chunks of one run may be published ahead of the slots, which always have two chunks each. Default 1000; one for each slot where
    /// there are more slots than that. Too low: slots with short chunks wait for the producer. Too high: a pause or a cancel hands back more chunks.
    /// </summary>
    public int LookAhead { get; set; } = 1000;
}
