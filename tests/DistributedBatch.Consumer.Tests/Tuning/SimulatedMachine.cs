using DistributedBatch.Consumer.Tuning;

namespace DistributedBatch.Consumer.Tests.Tuning;

/// <summary>
/// A host on paper: from slots to throughput, processor use and memory, second by second. What is true of the model is known, so the tuner's answer can
/// be judged.
/// </summary>
internal sealed class SimulatedMachine
{
    private readonly Random random = new(20261123);
    private double unfinishedChunks;

    public int Cores { get; init; } = 8;

    /// <summary>Processor seconds of one chunk.</summary>
    public double CpuSeconds { get; set; } = 0.1;

    /// <summary>Seconds a chunk waits for something that is not a processor and has no limit.</summary>
    public double WaitSeconds { get; set; }

    /// <summary>Chunks a second that a shared device lets through; none by default.</summary>
    public double DeviceChunksPerSecond { get; set; } = double.PositiveInfinity;

    /// <summary>By how much each attempt more than <see cref="FightFrom"/> slows all of them down.</summary>
    public double Fight { get; set; }

    public int FightFrom { get; set; } = 1;

    /// <summary>Slots, and a core each, that a slow chunk keeps which does not end.</summary>
    public int HeldBySlowChunks { get; set; }

    public double Noise { get; set; }

    public double MemoryBytes { get; init; } = 64e9;

    public double AttemptBytes { get; set; }

    /// <summary>Chunks a second in the long run with <paramref name="slots"/> slots.</summary>
    public double Throughput(int slots)
    {
        var slowdown = 1 + Fight * Math.Max(0, slots - FightFrom);
        var free = Math.Max(0, slots - HeldBySlowChunks);
        return Math.Min(Math.Min(free / (CpuSeconds * slowdown + WaitSeconds), (Cores - HeldBySlowChunks) / (CpuSeconds * slowdown)), DeviceChunksPerSecond);
    }

    public double BestThroughput(int most = 512) => Enumerable.Range(1, most).Where(Fits).Max(Throughput);

    public bool Fits(int slots) => slots * AttemptBytes < MemoryBytes;

    /// <summary>Runs the tuner for <paramref name="seconds"/>; returns the share of the best possible work done in the last half of them.</summary>
    public double Efficiency(SlotTuner tuner, int seconds)
    {
        double done = 0, possible = 0;
        for (var second = 0; second < seconds; second++)
        {
            var slots = tuner.Current.Slots;
            Assert.True(Fits(slots), $"out of memory with {slots} slots in second {second}: {tuner.Current.Reason}");
            var throughput = Throughput(slots) * (1 + Noise * (2 * random.NextDouble() - 1));
            if (second >= seconds / 2)
                (done, possible) = (done + throughput, possible + BestThroughput());
            tuner.Observe(Sample(slots, throughput));
        }

        return done / possible;
    }

    private TunerSample Sample(int slots, double throughput)
    {
        unfinishedChunks += throughput;
        var ended = (int)unfinishedChunks;
        unfinishedChunks -= ended;
        var slowdown = 1 + Fight * Math.Max(0, slots - FightFrom);
        return new TunerSample
        {
            Elapsed = TimeSpan.FromSeconds(1),
            Busy = slots,
            Items = ended,
            Chunks = ended,
            AttemptSeconds = ended * slots / throughput,
            AttemptCpuSeconds = ended * CpuSeconds * slowdown,
            CpuBusy = Math.Min(1, (throughput * CpuSeconds * slowdown + HeldBySlowChunks) / Cores),
            MemoryAvailableBytes = (long)(MemoryBytes - slots * AttemptBytes),
            AttemptPeakBytes = (long)AttemptBytes,
        };
    }
}
