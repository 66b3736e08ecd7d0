namespace DistributedBatch.Tracker.Api;

/// <summary>The response to a submission or a change.</summary>
/// <param name="Run">The id of the run.</param>
public sealed record SubmittedRun(RunId Run);
