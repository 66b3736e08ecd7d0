namespace DistributedBatch.Consumer.Tuning;

/// <summary>The samples taken while the number of slots stayed the same. The tuner compares epochs.</summary>
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

    /// <summary>Cores that one attempt keeps busy, on average; null when unknown.</summary>
    public double? CoresPerAttempt => attemptSeconds > 0 && attemptCpuSeconds > 0 ? attemptCpuSeconds / attemptSeconds : null;

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

    /// <summary>Whether enough chunks ended to trust the throughput: four per slot and at least a dozen.</summary>
    public bool HasEnoughChunks(int slots) => Chunks >= Math.Max(12, 4 * slots);
}
