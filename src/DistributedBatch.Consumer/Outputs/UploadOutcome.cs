namespace DistributedBatch.Consumer.Outputs;

/// <summary>What became of outputs that were brought to the tracker. A closed family.</summary>
internal abstract record UploadOutcome
{
    private UploadOutcome()
    {
    }

    /// <summary>They are stored; or an earlier success's are, which comes to the same.</summary>
    public sealed record Stored : UploadOutcome;

    /// <summary>The tracker will not have them, however often it is asked.</summary>
    /// <param name="Sentence">Why, and what to do.</param>
    public sealed record Refused(string Sentence) : UploadOutcome;
}
