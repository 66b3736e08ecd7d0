namespace DistributedBatch.Consumer.Resources;

/// <summary>The machine at one moment, container limits respected.</summary>
/// <param name="Cores">Cores this process may use: affinity and cgroup quota count, rounded up.</param>
/// <param name="CpuBusy">Share of those cores that was busy since the last reading, 0 to 1.</param>
/// <param name="MemoryBytes">Memory this process may use.</param>
/// <param name="MemoryAvailableBytes">Memory that could be had without swapping.</param>
/// <param name="MemoryPressure">Share of the last ten seconds in which some task waited for memory, 0 to 1; 0 where the kernel does not say.</param>
public readonly record struct MachineReading(int Cores, double CpuBusy, long MemoryBytes, long MemoryAvailableBytes, double MemoryPressure);
