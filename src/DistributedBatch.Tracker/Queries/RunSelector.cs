using DistributedBatch.Contracts.Runs;

namespace DistributedBatch.Tracker.Queries;

/// <summary>What somebody meant by a run's id, prefix or name. A closed family.</summary>
public abstract record RunSelector
{
    private RunSelector()
    {
    }

    /// <summary>Exactly this run.</summary>
    /// <param name="Run">Its id.</param>
    public sealed record Found(RunId Run) : RunSelector;

    /// <summary>Several runs could be meant.</summary>
    /// <param name="Sentence">Says so, and what to write instead.</param>
    /// <param name="Candidates">Some of them, newest first.</param>
    public sealed record Ambiguous(string Sentence, IReadOnlyList<RunId> Candidates) : RunSelector;

    /// <summary>No run is called that.</summary>
    /// <param name="Sentence">Says so, and where to look.</param>
    public sealed record None(string Sentence) : RunSelector;
}
