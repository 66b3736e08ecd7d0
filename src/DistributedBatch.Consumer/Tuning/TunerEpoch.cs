namespace DistributedBatch.Consumer.Tuning;

/// <summary>What was seen while the number of slots stayed the same; the unit in which the tuner compares.</summary>
internal sealed class TunerEpoch
{
    private double busySeconds;
    private double cpuSeconds;
    private double attemptSeconds;
    private double attemptCpuSeconds;

    public double Seconds { get; private set; }

    public long Items { get; private set; }

    public int Chunks { get; private set; }

    public double CpuBusy => Seconds > 0 ? cpuSeconds / Seconds : 0;

    public double Busy => Seconds > 0 ? busySeconds / Seconds : 0;

    /// <summary>Processors that one attempt keeps busy; null when nothing is known.</summary>
    public double? ProcessorsAnAttempt => attemptSeconds > 0 && attemptCpuSeconds > 0 ? attemptCpuSeconds / attemptSeconds : null;

    public double ItemsPerSecond => Seconds > 0 ? Items / Seconds : 0;

    public void Add(in TunerSample sample)
    {
        var seconds = sample.Elapsed.TotalSeconds;
        Seconds += seconds;
        busySeconds += sample.Busy * seconds;
        cpuSeconds += sample.CpuBusy * seconds;
        Items += sample.Items;
        Chunks += sample.Chunks;
        attemptSeconds += sample.AttemptSeconds;
        attemptCpuSeconds += sample.AttemptCpuSeconds;
    }

    /// <summary>
    /// Whether enough chunks ended to trust the throughput: four rounds of all slots, and a dozen at the least, since a single slow chunk must not decide.
    /// </summary>
    public bool CountsEnough(int slots) => Chunks >= Math.Max(12, 4 * slots);
}
