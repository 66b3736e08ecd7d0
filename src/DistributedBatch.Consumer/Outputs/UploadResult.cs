namespace DistributedBatch.Consumer.Outputs;

/// <summary>The tracker's answer to an upload.</summary>
internal abstract record UploadResult
{
    private UploadResult()
    {
    }

    /// <summary>The files are stored, or those of an earlier success are.</summary>
    public sealed record Stored : UploadResult;

    /// <summary>The tracker refuses the files; another try would not help.</summary>
    /// <param name="Sentence">Why, and what to do about it.</param>
    public sealed record Refused(string Sentence) : UploadResult;
}
