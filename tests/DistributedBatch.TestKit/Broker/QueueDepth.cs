namespace DistributedBatch.TestKit.Broker;

/// <summary>What is in a queue.</summary>
/// <param name="Ready">Messages that wait.</param>
/// <param name="Unacknowledged">Messages with a consumer.</param>
/// <param name="Consumers">Consumers on the queue.</param>
public sealed record QueueDepth(int Ready, int Unacknowledged, int Consumers);
