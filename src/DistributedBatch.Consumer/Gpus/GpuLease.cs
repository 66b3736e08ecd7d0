using System.Globalization;

namespace DistributedBatch.Consumer.Gpus;

/// <summary>Cards, or a share of one, that belong to one attempt until it ends.</summary>
/// <param name="Indices">The cards.</param>
/// <param name="Share">Share of each card, 1 for whole ones.</param>
/// <param name="MemoryBytes">Memory set aside on each card; 0 when nothing is known.</param>
public sealed record GpuLease(IReadOnlyList<int> Indices, double Share, long MemoryBytes)
{
    /// <summary>The value for <c>CUDA_VISIBLE_DEVICES</c> and <c>{gpu}</c>.</summary>
    public string VisibleDevices => string.Join(',', Indices.Select(index => index.ToString(CultureInfo.InvariantCulture)));
}
