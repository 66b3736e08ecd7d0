namespace DistributedBatch.Messaging.Connections;

/// <summary>The broker is there, and the queues and exchanges of the lab are not yet. It passes when a producer comes.</summary>
internal sealed class TopologyMissingException(string message, Exception cause) : Exception(message, cause);
