namespace DistributedBatch.Consumer.Tuning;

/// <summary>Limits and thresholds of the <see cref="SlotTuner"/>.</summary>
public sealed record TunerLimits
{
    /// <summary>Cores that attempts may use. The number of slots starts with this.</summary>
    public required int Cores { get; init; }

    /// <summary>The most slots. Default 512: enough for attempts that wait for a network, and few enough that a wrong decision does no harm.</summary>
    public int MaxSlots { get; init; } = 512;

    /// <summary>Memory that attempts never get, in bytes. Default 1 GiB. Too low: the kernel kills first. Too high: memory is wasted.</summary>
    public long MemoryReserveBytes { get; init; } = 1L << 30;

    /// <summary>Share of time in which some task waited for memory (PSI <c>some avg10</c>, 0 to 1) above which slots are closed. Default 0.1.</summary>
    public double MaxMemoryPressure { get; init; } = 0.1;

    /// <summary>Share of the cores, 0 to 1, that may be idle before more slots are tried. Default 0.05.</summary>
    public double MaxIdle { get; init; } = 0.05;

    /// <summary>Relative gain in throughput that justifies a change. Default 0.03. Too low: noise decides. Too high: gains are missed.</summary>
    public double MinGain { get; init; } = 0.03;

    /// <summary>Shortest time over which a number of slots is measured. Default 1 s.</summary>
    public TimeSpan MinEpoch { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>How long the tuner waits for chunks to end. After that, processor use alone decides, for chunks that take minutes. Default 15 s.</summary>
    public TimeSpan MaxEpoch { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>Epochs without a change before another number is tried, doubled after each try without gain. Default 8.</summary>
    public int EpochsBeforeProbe { get; init; } = 8;
}
