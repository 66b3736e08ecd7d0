using DistributedBatch.Contracts.Runs;

namespace DistributedBatch.Contracts.Messages;

/// <summary>The producer's answer to a request about a run: the run it concerns, or every mistake in the request at once.</summary>
/// <param name="Run">The run; null when the request was refused.</param>
/// <param name="Mistakes">One sentence each; empty when the request was carried out.</param>
public sealed record RunCommandResult(RunId? Run, IReadOnlyList<string> Mistakes)
{
    /// <summary>An answer that says yes.</summary>
    public static RunCommandResult Done(RunId run) => new(run, []);

    /// <summary>An answer that says no, and why.</summary>
    public static RunCommandResult Refused(params IReadOnlyList<string> mistakes) => new(null, mistakes);
}
