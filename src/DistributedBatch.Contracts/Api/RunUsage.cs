namespace DistributedBatch.Contracts.Api;

/// <summary>What the attempts of a run that have ended used of the machines, together.</summary>
/// <param name="Seconds">Sum of their wall times.</param>
/// <param name="CpuSeconds">Sum of their processor times.</param>
/// <param name="PeakMemoryBytes">Largest resident set of any of them.</param>
/// <param name="ReadBytes">Bytes read from disks.</param>
/// <param name="WrittenBytes">Bytes written to disks.</param>
public sealed record RunUsage(double Seconds, double CpuSeconds, long PeakMemoryBytes, long ReadBytes, long WrittenBytes)
{
    /// <summary>Both together.</summary>
    public static RunUsage operator +(RunUsage left, RunUsage right) => new(
        left.Seconds + right.Seconds,
        left.CpuSeconds + right.CpuSeconds,
        Math.Max(left.PeakMemoryBytes, right.PeakMemoryBytes),
        left.ReadBytes + right.ReadBytes,
        left.WrittenBytes + right.WrittenBytes);
}
