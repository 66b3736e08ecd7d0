namespace DistributedBatch.Contracts.Hosts;

/// <summary>One GPU of a host.</summary>
/// <param name="Index">Its number, as CUDA or HIP counts.</param>
/// <param name="Name">Model name.</param>
/// <param name="MemoryBytes">Memory of the card.</param>
/// <param name="MemoryUsedBytes">Memory in use by anybody.</param>
/// <param name="Attempts">Attempts of ours that lease it now.</param>
public sealed record GpuStatus(int Index, string Name, long MemoryBytes, long MemoryUsedBytes, int Attempts);
