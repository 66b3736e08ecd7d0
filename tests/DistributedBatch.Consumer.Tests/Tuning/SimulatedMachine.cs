using DistributedBatch.Consumer.Tuning;

namespace DistributedBatch.Consumer.Tests.Tuning;

/// <summary>
/// A simulated host: computes throughput, processor use and memory from the number of slots, second by second. The best number of slots is known, so the tuner's advice can
/// be compared with it.
/// </summary>
internal sealed class SimulatedMachine
{
    private readonly Random random = new(20261123);
    private double unfinishedChunks;

    public int Cores { get; init; } = 8;

    /// <summary>Processor time of one chunk, in seconds.</summary>
    public double CpuSeconds { get; set; } = 0.1;

    /// <summary>Time that a chunk waits for something without a limit, such as a network, in seconds.</summary>
    public double WaitSeconds { get; set; }

    /// <summary>Chunks per second that a shared device can serve; null for no device.</summary>
    public double DeviceChunksPerSecond { get; set; } = double.PositiveInfinity;

    /// <summary>Slowdown of all attempts by each attempt beyond <see cref="ContentionFrom"/>, as a fraction.</summary>
    public double Slowdown { get; set; }

    public int ContentionFrom { get; set; } = 1;

    /// <summary>Number of chunks that never end, each of which keeps a slot and a core.</summary>
    public int HeldBySlowChunks { get; set; }

    public double Noise { get; set; }

    public double MemoryBytes { get; init; } = 64e9;

    public double AttemptBytes { get; set; }

    /// <summary>Chunks per second in the long run with <paramref name="slots"/> slots.</summary>
    public double Throughput(int slots)
    {
        var slowdown = 1 + Slowdown * Math.Max(0, slots - ContentionFrom);
        var free = Math.Max(0, slots - HeldBySlowChunks);
        return Math.Min(Math.Min(free / (CpuSeconds * slowdown + WaitSeconds), (Cores - HeldBySlowChunks) / (CpuSeconds * slowdown)), DeviceChunksPerSecond);
    }

    public double BestThroughput(int most = 512) => Enumerable.Range(1, most).Where(Fits).Max(Throughput);

    public bool Fits(int slots) => slots * AttemptBytes < MemoryBytes;

    /// <summary>Runs the tuner for <paramref name="seconds"/>. Gives the work done in the second half, as a share of the best possible.</summary>
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
        var slowdown = 1 + Slowdown * Math.Max(0, slots - ContentionFrom);
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
