using DistributedBatch.Cli.Output;
using DistributedBatch.Contracts.Api;
using DistributedBatch.Contracts.Chunks;
using DistributedBatch.Contracts.Messages;
using DistributedBatch.Contracts.Text;

namespace DistributedBatch.Cli.Progress;

/// <summary>An attempt that failed, in a line.</summary>
/// <param name="Index">Number of the chunk.</param>
/// <param name="Attempt">Number of the attempt.</param>
/// <param name="Ending">How it ended, such as <c>exit-code 3</c>.</param>
/// <param name="Said">The last line of its standard error, or what else is known; may be empty.</param>
internal sealed record AttemptFailure(int Index, int Attempt, string Ending, string Said)
{
    private const int WidthOfMessage = 120;

    /// <summary>The line for a host's report.</summary>
    public static AttemptFailure Of(AttemptReport report) => new(
        report.Index,
        report.Attempt,
        report switch
        {
            { Outcome: AttemptOutcome.ExitCode, ExitCode: { } code } => $"exit-code {code}",
            { Outcome: AttemptOutcome.Signal, Signal: { } signal } => $"signal {signal}",
            _ => report.Outcome?.ToText() ?? "running",
        },
        HumanText.Said(report.Outcome, report.StderrTail, report.Error, WidthOfMessage));

    /// <summary>The line for a recorded attempt.</summary>
    public static AttemptFailure Of(AttemptView attempt) => new(
        attempt.Index,
        attempt.Attempt,
        HumanText.Ending(attempt),
        HumanText.Said(attempt.Outcome, attempt.StderrTail, attempt.Error, WidthOfMessage));

    /// <inheritdoc/>
    public override string ToString() => $"chunk {Index}, attempt {Attempt}: {Ending}{(Said.Length > 0 ? $": {Said}" : "")}";
}
