namespace DistributedBatch.Tracker.Outputs;

/// <summary>The result of an upload. A closed family.</summary>
internal abstract record UnpackOutcome
{
    private UnpackOutcome()
    {
    }

    /// <summary>The outputs are stored.</summary>
    /// <param name="Files">The number of files.</param>
    /// <param name="Bytes">Their size in bytes.</param>
    public sealed record Stored(int Files, long Bytes) : UnpackOutcome;

    /// <summary>Another attempt of the chunk has already stored its outputs. These were discarded; the logs are stored.</summary>
    public sealed record Duplicate : UnpackOutcome;

    /// <summary>The archive is invalid.</summary>
    /// <param name="Sentence">The reason, and what to send instead.</param>
    public sealed record Rejected(string Sentence) : UnpackOutcome;
}
