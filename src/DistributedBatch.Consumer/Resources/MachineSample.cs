namespace DistributedBatch.Consumer.Resources;

/// <summary>The machine at one moment.</summary>
/// <param name="CpuBusy">Share of the cores that was busy since the last sample, 0 to 1.</param>
/// <param name="MemoryAvailableBytes">Memory that could be had without swapping, container limits respected.</param>
/// <param name="MemoryPressure">Share of the last ten seconds in which something waited for memory, 0 to 1; 0 where the kernel does not say.</param>
/// <param name="CpuPressure">The same for processors.</param>
public readonly record struct MachineSample(double CpuBusy, long MemoryAvailableBytes, double MemoryPressure, double CpuPressure);
