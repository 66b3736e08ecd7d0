using System.Globalization;

namespace DistributedBatch.Consumer.Gpus;

/// <summary>Cards, or a share of one, that belong to one attempt until it ends. Two leases of the same cards are two leases.</summary>
/// <param name="indices">See <see cref="Indices"/>.</param>
/// <param name="share">See <see cref="Share"/>.</param>
/// <param name="memoryBytes">See <see cref="MemoryBytes"/>.</param>
/// <param name="shares">See <see cref="Shares"/>.</param>
public sealed class GpuLease(IReadOnlyList<int> indices, double share, long memoryBytes, bool shares = false)
{
    /// <summary>The cards.</summary>
    public IReadOnlyList<int> Indices { get; } = indices;

    /// <summary>Share of each card, 1 for whole ones.</summary>
    public double Share { get; } = share;

    /// <summary>Memory set aside on each card; 0 when nothing is known.</summary>
    public long MemoryBytes { get; } = memoryBytes;

    /// <summary>Whether others of its kind may lease the same card beside it, as far as memory allows.</summary>
    public bool Shares { get; } = shares;

    /// <summary>The most leases that were on one of its cards at once since it began, itself included.</summary>
    public int Together { get; set; } = 1;

    /// <summary>Who made the cards.</summary>
    public GpuMaker Maker { get; init; }

    /// <summary>The value for <c>{gpu}</c> and for the variable that <see cref="GpuVariables"/> names.</summary>
    public string VisibleDevices => string.Join(',', Indices.Select(index => index.ToString(CultureInfo.InvariantCulture)));
}
