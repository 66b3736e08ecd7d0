namespace DistributedBatch.Consumer.Gpus;

/// <summary>One GPU as the driver describes it at a moment.</summary>
/// <param name="Index">Its number, as CUDA counts with <c>CUDA_DEVICE_ORDER=PCI_BUS_ID</c>, or as HIP counts.</param>
/// <param name="Name">Model name.</param>
/// <param name="MemoryBytes">Memory of the card.</param>
/// <param name="MemoryUsedBytes">Memory in use by anybody.</param>
/// <param name="Uuid">The driver's own name for it; empty where it tells none.</param>
/// <param name="Maker">Who made it.</param>
public sealed record GpuCard(int Index, string Name, long MemoryBytes, long MemoryUsedBytes, string Uuid = "", GpuMaker Maker = GpuMaker.Nvidia);
