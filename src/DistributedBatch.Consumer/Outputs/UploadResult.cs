namespace DistributedBatch.Consumer.Outputs;

/// <summary>The result of an upload, or of one try.</summary>
internal abstract record UploadResult
{
    private UploadResult()
    {
    }

    /// <summary>The files are stored, or those of an earlier success are.</summary>
    public sealed record Stored : UploadResult;

    /// <summary>The tracker refuses the files, or they cannot be read; another try would not help.</summary>
    /// <param name="Sentence">Why, and what to do about it.</param>
    public sealed record Refused(string Sentence) : UploadResult;

    /// <summary>The try failed, and another one may succeed.</summary>
    /// <param name="Cause">Why, in one sentence.</param>
    /// <param name="IsUnknownRun">Whether the tracker does not know the run.</param>
    public sealed record Failed(string Cause, bool IsUnknownRun = false) : UploadResult;
}
