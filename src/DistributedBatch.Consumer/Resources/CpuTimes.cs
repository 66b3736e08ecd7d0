using System.Globalization;

namespace DistributedBatch.Consumer.Resources;

/// <summary>Processor time since boot, in the kernel's ticks.</summary>
/// <param name="Busy">Not idle, over all cores.</param>
/// <param name="Total">Busy and idle together, over all cores.</param>
internal readonly record struct CpuTimes(long Busy, long Total)
{
    /// <summary>Reads the first line of <c>/proc/stat</c>.</summary>
    public static CpuTimes Parse(string stat)
    {
        var end = stat.IndexOf('\n', StringComparison.Ordinal);
        var fields = (end < 0 ? stat : stat[..end]).Split(' ', StringSplitOptions.RemoveEmptyEntries);
        long total = 0, idle = 0;

        // user nice system idle iowait irq softirq steal; guest time is part of user. A core that waits for a disk is idle: it could run something
        // else.
        for (var field = 1; field < Math.Min(fields.Length, 9); field++)
        {
            if (!long.TryParse(fields[field], NumberStyles.None, CultureInfo.InvariantCulture, out var ticks))
                continue;
            total += ticks;
            if (field is 4 or 5)
                idle += ticks;
        }

        return new CpuTimes(total - idle, total);
    }

    /// <summary>Share of the time since <paramref name="earlier"/> that was busy, 0 to 1.</summary>
    public double BusySince(CpuTimes earlier) => Total > earlier.Total ? Math.Clamp((double)(Busy - earlier.Busy) / (Total - earlier.Total), 0, 1) : 0;
}
