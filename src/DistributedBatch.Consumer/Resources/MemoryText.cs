using System.Globalization;

namespace DistributedBatch.Consumer.Resources;

/// <summary>Reads what the kernel says of memory in <c>/proc/meminfo</c>, <c>/proc/pressure/memory</c> and a cgroup's files.</summary>
internal static class MemoryText
{
    /// <summary>A field of <c>/proc/meminfo</c> in bytes; null when it is not there.</summary>
    public static long? MeminfoBytes(string meminfo, string field)
    {
        foreach (var line in meminfo.AsSpan().EnumerateLines())
        {
            if (line.StartsWith(field, StringComparison.Ordinal) && line.Length > field.Length && line[field.Length] == ':')
            {
                var kilobytes = line[(field.Length + 1)..].Trim();
                var end = kilobytes.IndexOf(' ');
                return long.TryParse(end < 0 ? kilobytes : kilobytes[..end], NumberStyles.None, CultureInfo.InvariantCulture, out var value) ? value * 1024 : null;
            }
        }

        return null;
    }

    /// <summary>The <c>some avg10</c> of a pressure file as a share, 0 to 1; 0 when it does not say.</summary>
    public static double Pressure(string pressure)
    {
        const string Field = "some avg10=";
        var start = pressure.IndexOf(Field, StringComparison.Ordinal);
        if (start < 0)
            return 0;
        var percent = pressure.AsSpan(start + Field.Length);
        var end = percent.IndexOf(' ');
        return double.TryParse(end < 0 ? percent : percent[..end], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var value) ? value / 100 : 0;
    }

    /// <summary>A cgroup limit in bytes; null for <c>max</c> or when there is none.</summary>
    public static long? Limit(string? text) =>
        long.TryParse(text?.Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out var bytes) ? bytes : null;

    /// <summary>A number from a cgroup's <c>memory.stat</c> or <c>cpu.stat</c>; 0 when it is not there.</summary>
    public static long Stat(string? stat, string field)
    {
        foreach (var line in stat.AsSpan().EnumerateLines())
        {
            if (line.StartsWith(field, StringComparison.Ordinal) && line.Length > field.Length && line[field.Length] == ' ')
                return long.TryParse(line[(field.Length + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out var value) ? value : 0;
        }

        return 0;
    }
}
