namespace DistributedBatch.Messaging.Connections;

/// <summary>The broker has no queues and exchanges of the lab yet. It gets them when a producer connects.</summary>
internal sealed class TopologyMissingException(string message, Exception cause) : Exception(message, cause);
