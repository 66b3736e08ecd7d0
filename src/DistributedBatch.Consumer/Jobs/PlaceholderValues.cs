using DistributedBatch.Consumer.Gpus;

namespace DistributedBatch.Consumer.Jobs;

/// <summary>Values of placeholders and variables that depend on the attempt, not on its chunk.</summary>
/// <param name="Attempt">Number of the attempt, from 1.</param>
/// <param name="Slot">Number of the slot.</param>
/// <param name="OutDirectory">Its output directory.</param>
/// <param name="ResultPath">The file for its small result.</param>
/// <param name="ItemsPath">The file with its items.</param>
/// <param name="Gpus">The GPUs leased to it; null for none.</param>
/// <param name="TraceParent">W3C trace context; null without tracing.</param>
internal readonly record struct PlaceholderValues(
    int Attempt, int Slot, string OutDirectory, string ResultPath, string ItemsPath, GpuLease? Gpus, string? TraceParent);
