namespace DistributedBatch.Contracts.Chunks;

/// <summary>Questions about an <see cref="AttemptOutcome"/>.</summary>
public static class AttemptOutcomes
{
    /// <summary>Whether the attempt counts against <c>--retries</c>. A lost host counts against its own limit instead.</summary>
    public static bool CostsAnAttempt(this AttemptOutcome outcome) => outcome is
        AttemptOutcome.ExitCode or AttemptOutcome.Signal or AttemptOutcome.Timeout or AttemptOutcome.OutOfMemory or AttemptOutcome.NotStarted;
}
