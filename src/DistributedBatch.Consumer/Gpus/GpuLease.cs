using System.Globalization;

namespace DistributedBatch.Consumer.Gpus;

/// <summary>Cards, or a share of one, that belong to one attempt until it ends.</summary>
/// <param name="Indices">The cards.</param>
/// <param name="Share">Share of each card, 1 for whole ones.</param>
/// <param name="MemoryBytes">Memory set aside on each card; 0 when nothing is known.</param>
/// <param name="Shares">Whether others of its kind may lease the same card beside it, as far as memory allows.</param>
public sealed record GpuLease(IReadOnlyList<int> Indices, double Share, long MemoryBytes, bool Shares = false)
{
    /// <summary>The most leases that were on one of its cards at once since it began, itself included.</summary>
    public int Together { get; set; } = 1;

    /// <summary>The value for <c>CUDA_VISIBLE_DEVICES</c> and <c>{gpu}</c>.</summary>
    public string VisibleDevices => string.Join(',', Indices.Select(index => index.ToString(CultureInfo.InvariantCulture)));
}
