namespace DistributedBatch.Tracker.Queries;

/// <summary>The result of looking up a run by id, prefix or name. A closed family.</summary>
public abstract record RunSelector
{
    private RunSelector()
    {
    }

    /// <summary>One run matches.</summary>
    /// <param name="Run">Its id.</param>
    public sealed record Found(RunId Run) : RunSelector;

    /// <summary>Several runs match.</summary>
    /// <param name="Sentence">The explanation for the user.</param>
    /// <param name="Candidates">Some of the runs, newest first.</param>
    public sealed record Ambiguous(string Sentence, IReadOnlyList<RunId> Candidates) : RunSelector;

    /// <summary>No run matches.</summary>
    /// <param name="Sentence">The explanation for the user.</param>
    public sealed record None(string Sentence) : RunSelector;
}
