namespace DistributedBatch.Tracker.Projection;

/// <summary>Settings of the <see cref="Projector"/>.</summary>
public sealed class ProjectionOptions
{
    /// <summary>
    /// How long messages are collected before they are written together. Default 100 ms. A shorter time costs processor time in runs of short chunks. A longer
    /// one shows everything later and keeps more messages unacknowledged.
    /// </summary>
    public TimeSpan CommitInterval { get; set; } = TimeSpan.FromMilliseconds(100);
}
