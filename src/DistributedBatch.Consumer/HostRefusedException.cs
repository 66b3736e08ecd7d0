namespace DistributedBatch.Consumer;

/// <summary>The producer refused this consumer. The message says why and what to do.</summary>
public sealed class HostRefusedException(string message) : Exception(message);
