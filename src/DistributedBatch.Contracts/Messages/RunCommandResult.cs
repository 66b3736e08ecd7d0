using DistributedBatch.Contracts.Runs;

namespace DistributedBatch.Contracts.Messages;

/// <summary>The producer's response to a request about a run: the run, or every mistake in the request.</summary>
/// <param name="Run">The run; null when the request was refused.</param>
/// <param name="Mistakes">One sentence each; empty when the request was carried out.</param>
public sealed record RunCommandResult(RunId? Run, IReadOnlyList<string> Mistakes)
{
    /// <summary>The request was carried out.</summary>
    public static RunCommandResult Done(RunId run) => new(run, []);

    /// <summary>The request was refused, with the reasons.</summary>
    public static RunCommandResult Refused(params IReadOnlyList<string> mistakes) => new(null, mistakes);
}
