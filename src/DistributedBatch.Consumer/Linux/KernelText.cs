using System.Globalization;

namespace DistributedBatch.Consumer.Linux;

/// <summary>Parses <c>/proc/meminfo</c>, <c>/proc/pressure/memory</c> and the files of a cgroup.</summary>
internal static class KernelText
{
    /// <summary>A field of <c>/proc/meminfo</c> in bytes; null when it is missing.</summary>
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

    /// <summary>The field <c>some avg10</c> of a pressure file as a share, 0 to 1; 0 when it is missing.</summary>
    public static double Pressure(string pressure)
    {
        const string Key = "some avg10=";
        var start = pressure.IndexOf(Key, StringComparison.Ordinal);
        if (start < 0)
            return 0;
        var percent = pressure.AsSpan(start + Key.Length);
        var end = percent.IndexOf(' ');
        return double.TryParse(end < 0 ? percent : percent[..end], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var value) ? value / 100 : 0;
    }

    /// <summary>A file with a single number; null for <c>max</c> and when there is no number.</summary>
    public static long? Number(string? text) =>
        long.TryParse(text?.Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out var bytes) ? bytes : null;

    /// <summary>A field of a file such as <c>memory.stat</c> or <c>cpu.stat</c>; 0 when it is missing.</summary>
    public static long Field(string? stat, string field)
    {
        foreach (var line in stat.AsSpan().EnumerateLines())
        {
            if (line.StartsWith(field, StringComparison.Ordinal) && line.Length > field.Length && line[field.Length] == ' ')
                return long.TryParse(line[(field.Length + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out var value) ? value : 0;
        }

        return 0;
    }
}
