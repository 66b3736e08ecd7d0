namespace DistributedBatch.Consumer.Gpus;

/// <summary>Which GPUs attempts may use.</summary>
/// <param name="Cards">Numbers of the cards; empty for none, null for all that are found.</param>
internal sealed record GpuOptions(IReadOnlyList<int>? Cards);
