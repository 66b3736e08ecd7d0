using System.Globalization;

namespace DistributedBatch.Consumer.Gpus;

/// <summary>Cards, or a fraction of one, that belong to one attempt until it ends.</summary>
/// <param name="indices">See <see cref="Indices"/>.</param>
/// <param name="fraction">See <see cref="Fraction"/>.</param>
/// <param name="memoryBytes">See <see cref="MemoryBytes"/>.</param>
/// <param name="isShared">See <see cref="IsShared"/>.</param>
public sealed class GpuLease(IReadOnlyList<int> indices, double fraction, long memoryBytes, bool isShared = false)
{
    /// <summary>Numbers of the cards.</summary>
    public IReadOnlyList<int> Indices { get; } = indices;

    /// <summary>Fraction of each card, above 0 to 1; 1 for whole cards.</summary>
    public double Fraction { get; } = fraction;

    /// <summary>Memory reserved on each card, in bytes; 0 when the need is unknown.</summary>
    public long MemoryBytes { get; } = memoryBytes;

    /// <summary>Whether other attempts may share the card, as far as memory allows.</summary>
    public bool IsShared { get; } = isShared;

    /// <summary>The highest number of leases on one of its cards at the same time, itself included.</summary>
    public int MostSharers { get; set; } = 1;

    /// <summary>The maker of the cards.</summary>
    public GpuMaker Maker { get; init; }

    /// <summary>The value for <c>{gpu}</c> and for the variable that <see cref="GpuVariables"/> names.</summary>
    public string VisibleDevices => string.Join(',', Indices.Select(index => index.ToString(CultureInfo.InvariantCulture)));
}
