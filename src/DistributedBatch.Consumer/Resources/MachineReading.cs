namespace DistributedBatch.Consumer.Resources;

/// <summary>The machine at one moment, within the limits of the container.</summary>
/// <param name="Cores">Cores this process may use, respecting affinity and cgroup quota, rounded up.</param>
/// <param name="CpuBusy">Share of those cores that was busy since the last reading, 0 to 1.</param>
/// <param name="MemoryBytes">Memory this process may use, in bytes.</param>
/// <param name="MemoryAvailableBytes">Memory available without swapping, in bytes.</param>
/// <param name="MemoryPressure">Share of the last ten seconds in which some task waited for memory, 0 to 1; 0 when the kernel does not tell.</param>
public readonly record struct MachineReading(int Cores, double CpuBusy, long MemoryBytes, long MemoryAvailableBytes, double MemoryPressure);
