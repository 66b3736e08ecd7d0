namespace DistributedBatch.Contracts.Api;

/// <summary>The states of all chunks of a run in a bounded number of buckets, so that a million chunks fit into one line of a screen.</summary>
/// <param name="Total">Chunks in the run.</param>
/// <param name="ChunksPerBucket">Neighbouring chunks that share a bucket; the last bucket may hold fewer.</param>
/// <param name="Counts">
/// Six numbers a bucket, one bucket after the other: pending, queued, running, succeeded, failed, cancelled.
/// </param>
public sealed record StateStrip(int Total, int ChunksPerBucket, IReadOnlyList<int> Counts);
