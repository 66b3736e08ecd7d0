namespace DistributedBatch.Producer.Outbox;

/// <summary>For the loop: every change of a run up to a revision was published.</summary>
internal sealed record RevisionPublished(RunId Run, long Revision);
