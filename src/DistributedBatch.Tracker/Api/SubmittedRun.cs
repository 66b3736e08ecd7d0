using DistributedBatch.Contracts.Runs;

namespace DistributedBatch.Tracker.Api;

/// <summary>The answer to a submission or a change: the run it was about.</summary>
/// <param name="Run">Its id.</param>
public sealed record SubmittedRun(RunId Run);
