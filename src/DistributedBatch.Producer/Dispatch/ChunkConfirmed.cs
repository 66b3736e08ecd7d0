namespace DistributedBatch.Producer.Dispatch;

/// <summary>For the loop: the queue confirmed a chunk, or did not.</summary>
/// <param name="Run">The run.</param>
/// <param name="Index">Number of the chunk.</param>
/// <param name="Attempt">The attempt it was published for.</param>
/// <param name="Failure">Why the queue did not confirm it; null when it did.</param>
internal sealed record ChunkConfirmed(RunId Run, int Index, int Attempt, string? Failure);
