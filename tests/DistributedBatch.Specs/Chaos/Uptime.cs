using System.Globalization;

namespace DistributedBatch.Specs.Chaos;

/// <summary>Seconds since the machine started: a clock that test and jobs share and that nobody sets.</summary>
internal static class Uptime
{
    /// <summary>A shell function <c>uptime</c> that sets <c>$up</c>.</summary>
    public const string Shell = "uptime() { read up _ </proc/uptime; }";

    public static double Now => double.Parse(File.ReadAllText("/proc/uptime").Split(' ')[0], CultureInfo.InvariantCulture);
}
