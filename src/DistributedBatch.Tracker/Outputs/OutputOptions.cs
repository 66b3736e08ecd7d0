namespace DistributedBatch.Tracker.Outputs;

/// <summary>Settings of the <see cref="OutputStore"/>.</summary>
public sealed class OutputOptions
{
    /// <summary>The most bytes that the outputs and logs of one attempt may have when a host uploads them. Default 64 GiB. Larger uploads are rejected.</summary>
    public long MaxBytes { get; set; } = 64L << 30;
}
