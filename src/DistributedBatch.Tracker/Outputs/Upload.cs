namespace DistributedBatch.Tracker.Outputs;

/// <summary>What one token uploaded for an attempt. It waits until a host reports the attempt: only then is it known whose attempt it is.</summary>
/// <param name="Index">Number of the chunk.</param>
/// <param name="Attempt">Number of the attempt.</param>
/// <param name="Token">Id of the token.</param>
internal readonly record struct Upload(int Index, int Attempt, string Token);
