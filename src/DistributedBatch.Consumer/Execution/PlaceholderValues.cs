using DistributedBatch.Consumer.Gpus;

namespace DistributedBatch.Consumer.Execution;

/// <summary>Where one attempt runs: what its placeholders and variables say beside the chunk itself.</summary>
/// <param name="Attempt">Number of the attempt, from 1.</param>
/// <param name="Slot">The slot.</param>
/// <param name="OutDirectory">Its output directory.</param>
/// <param name="ResultPath">The file for its small result.</param>
/// <param name="ItemsPath">The file with its items.</param>
/// <param name="Gpus">The GPUs it leases; null for none.</param>
/// <param name="TraceParent">W3C trace context; null when tracing is off.</param>
internal readonly record struct PlaceholderValues(
    int Attempt, int Slot, string OutDirectory, string ResultPath, string ItemsPath, GpuLease? Gpus, string? TraceParent);
