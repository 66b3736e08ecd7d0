using DistributedBatch.Consumer.Processes;

namespace DistributedBatch.Consumer.Isolation;

/// <summary>The figures of an attempt's control group when the attempt has ended.</summary>
/// <param name="Stragglers">Whether processes were left in it and were killed.</param>
/// <param name="ProcessorMicroseconds">User and system time of all its processes.</param>
/// <param name="PeakBytes">Largest memory in bytes, without memory that the kernel can free on demand; 0 when it is not counted.</param>
/// <param name="ReadBytes">Bytes read from disks; 0 when not counted.</param>
/// <param name="WrittenBytes">Bytes written to disks; 0 when not counted.</param>
/// <param name="OutOfMemory">Whether the out-of-memory killer killed in it; null when not counted.</param>
internal readonly record struct CgroupExit(
    bool Stragglers, long ProcessorMicroseconds, long PeakBytes, long ReadBytes, long WrittenBytes, bool? OutOfMemory)
{
    /// <summary>
    /// Combines the usage of the program with that of its group. The larger figure counts: the group misses what happened before the program entered
    /// it, and writes that are still in the page cache; the program's own usage misses children that nobody waited for.
    /// </summary>
    public ProgramUsage Merge(ProgramUsage own) => own with
    {
        CpuTime = TimeSpan.FromMicroseconds(Math.Max(ProcessorMicroseconds, (long)own.CpuTime.TotalMicroseconds)),
        PeakMemoryBytes = Math.Max(PeakBytes, own.PeakMemoryBytes),
        ReadBytes = Math.Max(ReadBytes, own.ReadBytes),
        WrittenBytes = Math.Max(WrittenBytes, own.WrittenBytes),
    };
}
