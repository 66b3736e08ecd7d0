namespace DistributedBatch.Tracker.Outputs;

/// <summary>What became of the outputs a host brought. A closed family.</summary>
internal abstract record UnpackOutcome
{
    private UnpackOutcome()
    {
    }

    /// <summary>They are in their place.</summary>
    /// <param name="Files">Files kept.</param>
    /// <param name="Bytes">Bytes kept.</param>
    public sealed record Kept(int Files, long Bytes) : UnpackOutcome;

    /// <summary>Another attempt of the chunk had brought its outputs first; these were dropped, the logs kept.</summary>
    public sealed record TooLate : UnpackOutcome;

    /// <summary>The archive holds something it must not hold, or is none.</summary>
    /// <param name="Sentence">What, and what to send instead.</param>
    public sealed record Refused(string Sentence) : UnpackOutcome;
}
