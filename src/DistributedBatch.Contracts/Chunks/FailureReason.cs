using DistributedBatch.Contracts.Text;

namespace DistributedBatch.Contracts.Chunks;

/// <summary>Says in one line why an attempt failed. Every screen and message uses it, so that all say the same.</summary>
public static class FailureReason
{
    /// <summary>The reason; null when the outcome and the exit code or signal say all that is known.</summary>
    /// <param name="outcome">How the attempt ended; null while it runs.</param>
    /// <param name="exitCode">Exit code of the program; null when it did not exit by itself.</param>
    /// <param name="stderrTail">The end of its standard error.</param>
    /// <param name="error">The sentence of its host.</param>
    public static string? Of(AttemptOutcome? outcome, int? exitCode, string? stderrTail, string? error) => outcome switch
    {
        null or AttemptOutcome.Succeeded => null,

        // A program that exited with code 0 has nothing to say about a result or output that its host could not accept.
        AttemptOutcome.ExitCode when exitCode is null or 0 => error ?? ErrorReason.Of(stderrTail),
        AttemptOutcome.ExitCode => ErrorReason.Of(stderrTail),
        AttemptOutcome.Signal => ErrorReason.Recognised(stderrTail),
        _ => error,
    };
}
