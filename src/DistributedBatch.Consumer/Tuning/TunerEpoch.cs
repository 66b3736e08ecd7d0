namespace DistributedBatch.Consumer.Tuning;

/// <summary>What was seen while the number of slots stayed the same; the unit in which the tuner compares.</summary>
internal sealed class TunerEpoch
{
    private double busySeconds;
    private double cpuSeconds;

    public double Seconds { get; private set; }

    public long Items { get; private set; }

    public int Chunks { get; private set; }

    public double CpuBusy => Seconds > 0 ? cpuSeconds / Seconds : 0;

    public double Busy => Seconds > 0 ? busySeconds / Seconds : 0;

    public double ItemsPerSecond => Seconds > 0 ? Items / Seconds : 0;

    public void Add(in TunerSample sample)
    {
        var seconds = sample.Elapsed.TotalSeconds;
        Seconds += seconds;
        busySeconds += sample.Busy * seconds;
        cpuSeconds += sample.CpuBusy * seconds;
        Items += sample.Items;
        Chunks += sample.Chunks;
    }

    /// <summary>
    /// Whether enough chunks ended to trust the throughput: four rounds of all slots, and a dozen at the least, since a single slow chunk must not decide.
    /// </summary>
    public bool CountsEnough(int slots) => Chunks >= Math.Max(12, 4 * slots);
}
