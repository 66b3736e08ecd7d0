namespace DistributedBatch.Consumer.Gpus;

/// <summary>A process that holds memory of a card.</summary>
/// <param name="Uuid">The card, by the driver's own name for it; null where the driver does not tell which.</param>
/// <param name="Process">Process id, as this system counts; inside a container the driver may tell none, or somebody else's.</param>
/// <param name="MemoryBytes">What it holds.</param>
public readonly record struct GpuProcess(string? Uuid, int Process, long MemoryBytes);
