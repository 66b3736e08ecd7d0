namespace DistributedBatch.Tracker.Retention;

/// <summary>Settings of the <see cref="RetentionService"/>.</summary>
public sealed class RetentionOptions
{
    /// <summary>
    /// How long a run is kept after its end, with its logs and its outputs in the data directory. Null (default) keeps everything. Results that nobody fetched
    /// within this time are lost.
    /// </summary>
    public TimeSpan? Keep { get; set; }
}
