namespace DistributedBatch.Consumer.Attempts;

/// <summary>Why an attempt was asked to stop.</summary>
/// <param name="Outcome">The outcome to report for it.</param>
/// <param name="Reason">One sentence; null when there is nothing to explain.</param>
internal sealed record StopRequest(AttemptOutcome Outcome, string? Reason);
