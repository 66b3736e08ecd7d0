namespace DistributedBatch.Consumer.Gpus;

/// <summary>A process that holds memory of a card.</summary>
/// <param name="Uuid">The driver's id of the card; null when the driver does not name the card.</param>
/// <param name="Process">Process id in the host's numbering, which means nothing inside a container.</param>
/// <param name="MemoryBytes">Memory that it holds, in bytes.</param>
public readonly record struct GpuProcess(string? Uuid, int Process, long MemoryBytes);
