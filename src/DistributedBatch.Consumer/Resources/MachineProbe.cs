namespace DistributedBatch.Consumer.Resources;

/// <summary>
/// Reads the machine. Inside a container the limits of its cgroups count, since the machine's own figures would promise what the container
/// does not get. Not thread-safe: one loop owns it, and <see cref="MachineReading.CpuBusy"/> covers the time since that loop's last reading.
/// </summary>
/// <param name="time">The clock.</param>
/// <param name="root">Where <c>/proc</c> and <c>/sys</c> are; another place only in tests.</param>
public sealed class MachineProbe(TimeProvider time, string root = "/")
{
    private readonly Cgroup cgroup = new(root);
    private CpuTimes lastTimes;
    private (TimeSpan Used, long At) lastQuota;

    /// <summary>Cores this process may use. .NET already counts affinity and the cgroup's quota, rounded up.</summary>
    public static int Cores => Environment.ProcessorCount;

    /// <summary>Cores of the machine, whoever may use them.</summary>
    public static int MachineCores => Math.Max(Cores, File.Exists("/proc/stat") ? File.ReadLines("/proc/stat").Count(line => line.StartsWith("cpu", StringComparison.Ordinal) && line.Length > 3 && char.IsAsciiDigit(line[3])) : 0);

    /// <summary>Cores that the tightest quota of a control group allows, such as 1.5; null without one.</summary>
    public double? QuotaCores => cgroup.QuotaCores();

    /// <summary>Memory of the machine, whoever may use it.</summary>
    public long MachineMemoryBytes => MemoryText.MeminfoBytes(ReadText("proc/meminfo") ?? "", "MemTotal") ?? GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;

    /// <summary>The machine now. A figure that the system does not tell is 0.</summary>
    public MachineReading Read()
    {
        var (memory, available) = Memory();
        return new MachineReading(Cores, CpuBusy(), memory, available, MemoryText.Pressure(ReadText("proc/pressure/memory") ?? ""));
    }

    /// <summary>Memory that could be had now, in bytes, as <see cref="Read"/> gives it; for those who ask for nothing else, and often.</summary>
    public long AvailableBytes() => Memory().Available;

    private (long Memory, long Available) Memory()
    {
        var meminfo = ReadText("proc/meminfo") ?? "";
        var memory = MemoryText.MeminfoBytes(meminfo, "MemTotal") ?? GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;
        var available = MemoryText.MeminfoBytes(meminfo, "MemAvailable") ?? 0;
        return cgroup.Memory(memory) is { } limit ? (limit.LimitBytes, Math.Min(available, limit.AvailableBytes)) : (memory, available);
    }

    private double CpuBusy()
    {
        var now = time.GetTimestamp();
        if (cgroup.UsedTime() is { } used)
        {
            var elapsed = lastQuota.At == 0 ? TimeSpan.Zero : time.GetElapsedTime(lastQuota.At, now);
            var busy = elapsed > TimeSpan.Zero ? Math.Clamp((used - lastQuota.Used) / elapsed / Cores, 0, 1) : 0;
            lastQuota = (used, now);
            return busy;
        }

        var times = CpuTimes.Parse(ReadText("proc/stat") ?? "");
        var share = times.BusySince(lastTimes);
        lastTimes = times;
        return share;
    }

    private string? ReadText(string file)
    {
        try
        {
            return File.ReadAllText(Path.Combine(root, file));
        }
        catch (Exception missing) when (missing is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
