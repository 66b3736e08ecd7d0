namespace DistributedBatch.Consumer.Resources;

/// <summary>
/// Reads the machine. Inside a container the limits of its cgroup (version 2) count, since the machine's own figures would promise what the container
/// does not get. Not thread-safe: one loop owns it, and <see cref="MachineReading.CpuBusy"/> covers the time since that loop's last reading.
/// </summary>
/// <param name="time">The clock.</param>
/// <param name="root">Where <c>/proc</c> and <c>/sys</c> are; another place only in tests.</param>
public sealed class MachineProbe(TimeProvider time, string root = "/")
{
    private readonly string cgroup = Path.Combine(root, "sys/fs/cgroup");
    private CpuTimes lastTimes;
    private (long Usage, long At) lastQuota;

    /// <summary>Cores this process may use. .NET already counts affinity and the cgroup's quota, rounded up.</summary>
    public static int Cores => Environment.ProcessorCount;

    /// <summary>The machine now. A figure that the system does not tell is 0.</summary>
    public MachineReading Read()
    {
        var meminfo = ReadText("proc/meminfo") ?? "";
        var memory = MemoryText.MeminfoBytes(meminfo, "MemTotal") ?? GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;
        var available = MemoryText.MeminfoBytes(meminfo, "MemAvailable") ?? 0;
        if (MemoryText.Limit(ReadCgroup("memory.max")) is { } limit && limit < memory)
        {
            memory = limit;

            // Cached file pages that nobody used lately are given back on demand, just as MemAvailable counts them for the machine.
            var used = (MemoryText.Limit(ReadCgroup("memory.current")) ?? 0) - MemoryText.Stat(ReadCgroup("memory.stat"), "inactive_file");
            available = Math.Min(available, Math.Max(0, limit - used));
        }

        return new MachineReading(Cores, CpuBusy(), memory, available, MemoryText.Pressure(ReadText("proc/pressure/memory") ?? ""));
    }

    private double CpuBusy()
    {
        var now = time.GetTimestamp();
        if (HasQuota(ReadCgroup("cpu.max")))
        {
            var usage = MemoryText.Stat(ReadCgroup("cpu.stat"), "usage_usec");
            var seconds = lastQuota.At == 0 ? 0 : time.GetElapsedTime(lastQuota.At, now).TotalSeconds;
            var busy = seconds > 0 ? Math.Clamp((usage - lastQuota.Usage) / 1e6 / (seconds * Cores), 0, 1) : 0;
            lastQuota = (usage, now);
            return busy;
        }

        var times = CpuTimes.Parse(ReadText("proc/stat") ?? "");
        var share = times.BusySince(lastTimes);
        lastTimes = times;
        return share;
    }

    private static bool HasQuota(string? max) => max is not null && !max.StartsWith("max", StringComparison.Ordinal);

    private string? ReadCgroup(string file) => ReadText(Path.Combine(cgroup, file));

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
