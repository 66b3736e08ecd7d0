using DistributedBatch.Consumer.Gpus;

namespace DistributedBatch.Consumer.Execution;

/// <summary>What an attempt may use.</summary>
/// <param name="Gpus">The GPUs leased to it; null for none.</param>
/// <param name="MemoryLimitBytes">Bytes of memory that the kernel limits it to; 0 for no limit.</param>
internal readonly record struct AttemptResources(GpuLease? Gpus, long MemoryLimitBytes);
