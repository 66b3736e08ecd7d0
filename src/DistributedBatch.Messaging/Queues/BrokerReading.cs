using DistributedBatch.Messaging.Connections;

namespace DistributedBatch.Messaging.Queues;

/// <summary>Result of a check of a broker.</summary>
/// <param name="Version">Its version; null when it refused the connection.</param>
/// <param name="Refusal">What it refused and what to do, in one or two sentences; null when it accepted the connection.</param>
/// <param name="HasQueues">Whether a producer has declared the queues.</param>
public sealed record BrokerReading(BrokerVersion? Version, string? Refusal, bool HasQueues);
