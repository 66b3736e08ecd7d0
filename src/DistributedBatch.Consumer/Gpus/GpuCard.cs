namespace DistributedBatch.Consumer.Gpus;

/// <summary>One GPU, as the driver described it last.</summary>
/// <param name="Index">Its number: CUDA's with <c>CUDA_DEVICE_ORDER=PCI_BUS_ID</c>, or HIP's.</param>
/// <param name="Name">Model name.</param>
/// <param name="MemoryBytes">Memory of the card, in bytes.</param>
/// <param name="MemoryUsedBytes">Memory in use by any process, in bytes.</param>
/// <param name="Uuid">The driver's own id for it; empty when it has none.</param>
/// <param name="Maker">Its maker.</param>
public sealed record GpuCard(int Index, string Name, long MemoryBytes, long MemoryUsedBytes, string Uuid = "", GpuMaker Maker = GpuMaker.Nvidia);
