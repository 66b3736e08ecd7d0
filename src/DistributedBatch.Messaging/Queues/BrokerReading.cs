using DistributedBatch.Messaging.Connections;

namespace DistributedBatch.Messaging.Queues;

/// <summary>What one look at a broker showed.</summary>
/// <param name="Version">Its version; null when it did not let us in.</param>
/// <param name="Refusal">What it refused and what to do, in a sentence or two; null when it let us in.</param>
/// <param name="HasQueues">Whether a producer has made the queues there.</param>
public sealed record BrokerReading(BrokerVersion? Version, string? Refusal, bool HasQueues);
