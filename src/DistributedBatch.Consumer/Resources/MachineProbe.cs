using DistributedBatch.Consumer.Linux;

namespace DistributedBatch.Consumer.Resources;

/// <summary>
/// Reads processor use and memory of the machine. Inside a container the limits of its cgroups count, because the container cannot use more. Not
/// thread-safe: each reader has its own, and <see cref="MachineReading.CpuBusy"/> covers the time since its last reading.
/// </summary>
/// <param name="time">The clock.</param>
/// <param name="root">Directory that holds <c>proc</c> and <c>sys</c>; tests give another one.</param>
public sealed class MachineProbe(TimeProvider time, string root = "/")
{
    private readonly CgroupLimits cgroup = new(root);
    private CpuTimes lastTimes;
    private (TimeSpan Used, long At) lastQuota;

    /// <summary>Cores this process may use. .NET respects affinity and the cgroup's quota, rounded up.</summary>
    public static int Cores => Environment.ProcessorCount;

    /// <summary>Cores of the machine, whether or not this process may use them.</summary>
    public static int MachineCores => Math.Max(Cores, File.Exists("/proc/stat") ? File.ReadLines("/proc/stat").Count(IsCoreLine) : 0);

    /// <summary>Cores that the tightest quota of a control group allows, such as 1.5; null without a quota.</summary>
    public double? QuotaCores => cgroup.QuotaCores();

    /// <summary>Memory of the machine in bytes, whether or not this process may use it.</summary>
    public long MachineMemoryBytes => KernelText.MeminfoBytes(ReadText("proc/meminfo") ?? "", "MemTotal") ?? GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;

    /// <summary>The machine now. A figure that the system does not give is 0.</summary>
    public MachineReading Read()
    {
        var (memory, available) = Memory();
        return new MachineReading(Cores, CpuBusy(), memory, available, KernelText.Pressure(ReadText("proc/pressure/memory") ?? ""));
    }

    /// <summary>Available memory in bytes, as in <see cref="Read"/> but cheaper.</summary>
    public long AvailableBytes() => Memory().Available;

    private static bool IsCoreLine(string line) => line.StartsWith("cpu", StringComparison.Ordinal) && line.Length > 3 && char.IsAsciiDigit(line[3]);

    private (long Memory, long Available) Memory()
    {
        var meminfo = ReadText("proc/meminfo") ?? "";
        var memory = KernelText.MeminfoBytes(meminfo, "MemTotal") ?? GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;
        var available = KernelText.MeminfoBytes(meminfo, "MemAvailable") ?? 0;
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
