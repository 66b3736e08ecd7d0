namespace DistributedBatch.Producer.Runs;

/// <summary>For the loop: publish everything about a run once more.</summary>
internal sealed record PublishRunAgain(RunId Run);
