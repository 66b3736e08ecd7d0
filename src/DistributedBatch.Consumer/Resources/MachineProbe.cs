using System.Globalization;

namespace DistributedBatch.Consumer.Resources;

/// <summary>Reads what the machine offers this process: cores and memory, container limits and affinity respected.</summary>
public sealed class MachineProbe
{
    private (long Busy, long Total) lastTimes;

    /// <summary>Cores this process may use: <see cref="Environment.ProcessorCount"/> honours affinity and the cgroup's processor quota, rounded up.</summary>
    public int Cores { get; } = Math.Max(1, Environment.ProcessorCount);

    /// <summary>Memory this process may use, in bytes: the machine's, or the container's limit when that is lower.</summary>
    public long MemoryBytes { get; } = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;

    /// <summary>Takes a sample. The busy share is since the last sample, 0 for the first.</summary>
    public MachineSample Sample()
    {
        var (busy, total) = ProcessorTimes();
        var share = lastTimes.Total > 0 && total > lastTimes.Total ? (double)(busy - lastTimes.Busy) / (total - lastTimes.Total) : 0;
        lastTimes = (busy, total);
        return new MachineSample(Math.Clamp(share, 0, 1), MemoryAvailable(), Pressure("memory"), Pressure("cpu"));
    }

    private static (long Busy, long Total) ProcessorTimes()
    {
        // user nice system idle iowait irq softirq steal: proc_stat(5). Waiting for a disk is idle time for our purpose.
        var line = ReadLines("/proc/stat").FirstOrDefault() ?? "";
        var times = line.Split(' ', StringSplitOptions.RemoveEmptyEntries).Skip(1).Take(8)
            .Select(text => long.TryParse(text, CultureInfo.InvariantCulture, out var value) ? value : 0).ToArray();
        var total = times.Sum();
        return times.Length < 5 ? (0, 0) : (total - times[3] - times[4], total);
    }

    private long MemoryAvailable()
    {
        var line = ReadLines("/proc/meminfo").FirstOrDefault(text => text.StartsWith("MemAvailable:", StringComparison.Ordinal));
        var fields = line?.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        var machine = fields is [_, var kilobytes, ..] && long.TryParse(kilobytes, CultureInfo.InvariantCulture, out var value) ? value * 1024 : MemoryBytes;
        return CgroupRoom() is { } room ? Math.Min(machine, room) : machine;
    }

    // What the container's limit leaves: cgroup v2, then v1. Page cache counts as used there, so inactive files are given back.
    private static long? CgroupRoom()
    {
        foreach (var (limitFile, usedFile, statFile) in (ReadOnlySpan<(string, string, string)>)
            [
                ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory.current", "/sys/fs/cgroup/memory.stat"),
                ("/sys/fs/cgroup/memory/memory.limit_in_bytes", "/sys/fs/cgroup/memory/memory.usage_in_bytes", "/sys/fs/cgroup/memory/memory.stat"),
            ])
        {
            if (Number(limitFile) is not { } limit || limit > 1L << 60 || Number(usedFile) is not { } used)
                continue;
            var cache = ReadLines(statFile)
                .Where(line => line.StartsWith("inactive_file ", StringComparison.Ordinal) || line.StartsWith("total_inactive_file ", StringComparison.Ordinal))
                .Select(line => long.TryParse(line.Split(' ')[1], CultureInfo.InvariantCulture, out var value) ? value : 0)
                .DefaultIfEmpty(0).Max();
            return Math.Max(0, limit - used + cache);
        }

        return null;
    }

    // Share of the last ten seconds in which something waited: https://docs.kernel.org/accounting/psi.html
    private static double Pressure(string resource)
    {
        var line = ReadLines($"/proc/pressure/{resource}").FirstOrDefault() ?? "";
        var field = line.Split(' ').FirstOrDefault(part => part.StartsWith("avg10=", StringComparison.Ordinal));
        return field is not null && double.TryParse(field[6..], CultureInfo.InvariantCulture, out var percent) ? percent / 100 : 0;
    }

    private static long? Number(string path) =>
        ReadLines(path).FirstOrDefault() is { } text && long.TryParse(text, CultureInfo.InvariantCulture, out var value) ? value : null;

    private static string[] ReadLines(string path)
    {
        try
        {
            return File.Exists(path) ? File.ReadAllLines(path) : [];
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }
}
