namespace DistributedBatch.Consumer.Control;

/// <summary>How a host joins.</summary>
/// <param name="Timeout">How long it waits for the producer before it takes chunks; null does not wait.</param>
internal sealed record JoinOptions(TimeSpan? Timeout);
