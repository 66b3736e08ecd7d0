namespace DistributedBatch.Consumer.Tuning;

/// <summary>What the <see cref="SlotTuner"/> must stay within, and how patient it is.</summary>
public sealed record TunerLimits
{
    /// <summary>Cores the attempts may use; the number of slots starts here.</summary>
    public required int Cores { get; init; }

    /// <summary>Never more slots than this. Default 512: attempts that wait for a network still gain there, and a mistake stays bearable.</summary>
    public int MostSlots { get; init; } = 512;

    /// <summary>
    /// Memory that is never given to attempts. Default 1 GiB. Too low and the kernel's out-of-memory killer gets there first; too high and memory lies idle.
    /// </summary>
    public long MemoryReserveBytes { get; init; } = 1L << 30;

    /// <summary>
    /// Share of time in which some task waited for memory (PSI <c>some avg10</c>, 0 to 1) above which slots are taken away. Default 0.1.
    /// </summary>
    public double MostMemoryPressure { get; init; } = 0.1;

    /// <summary>Share of the cores that may lie idle before more slots are tried. Default 0.05.</summary>
    public double IdleWorthUsing { get; init; } = 0.05;

    /// <summary>
    /// Gain in throughput that justifies a change. Default 0.03. Too low and noise moves the slots; too high and gains are left lying.
    /// </summary>
    public double WorthwhileGain { get; init; } = 0.03;

    /// <summary>Shortest time over which a number of slots is judged. Default one second.</summary>
    public TimeSpan ShortestEpoch { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// Longest wait for chunks to end before processor use alone decides, which is what makes the tuner useful when one chunk takes a quarter of an hour. Default 15 s.
    /// </summary>
    public TimeSpan LongestEpoch { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>Epochs without a change before a neighbour is tried again, doubling each time it was in vain. Default 8.</summary>
    public int EpochsBeforeProbe { get; init; } = 8;
}
