using DistributedBatch.Cli.Output;
using DistributedBatch.Contracts.Messages;

namespace DistributedBatch.Cli.Progress;

/// <summary>One line about a failed attempt.</summary>
/// <param name="Index">Number of the chunk.</param>
/// <param name="Attempt">Number of the attempt.</param>
/// <param name="Outcome">How the attempt ended, such as <c>exit code 3</c>.</param>
/// <param name="Message">Why it failed; may be empty.</param>
internal sealed record AttemptFailure(int Index, int Attempt, string Outcome, string Message)
{
    private const int MessageWidth = 120;

    /// <summary>The line for a host's report.</summary>
    public static AttemptFailure Of(AttemptReport report) => new(
        report.Index,
        report.Attempt,
        HumanText.Outcome(report.Outcome, report.ExitCode, report.Signal),
        HumanText.FailureMessage(report.Outcome, report.ExitCode, report.StderrTail, report.Error, MessageWidth));

    /// <summary>The line for a recorded attempt.</summary>
    public static AttemptFailure Of(AttemptView attempt) => new(
        attempt.Index,
        attempt.Attempt,
        HumanText.Outcome(attempt),
        HumanText.FailureMessage(attempt, MessageWidth));

    /// <inheritdoc/>
    public override string ToString() => $"chunk {Index}, attempt {Attempt}: {Outcome}{(Message.Length > 0 ? $": {Message}" : "")}";
}
