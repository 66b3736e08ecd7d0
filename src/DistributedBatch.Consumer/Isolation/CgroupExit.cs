using DistributedBatch.Consumer.Processes;

namespace DistributedBatch.Consumer.Isolation;

/// <summary>What the control group of an attempt tells when the attempt has ended.</summary>
/// <param name="Stragglers">Whether processes were still in it and had to be killed.</param>
/// <param name="ProcessorMicroseconds">User and system time of every process that was in it, waited for or not.</param>
/// <param name="PeakBytes">The most memory it held that could not be given back on demand; 0 where the kernel does not count.</param>
/// <param name="ReadBytes">Read from disks; 0 where the kernel does not count.</param>
/// <param name="WrittenBytes">Written to disks; 0 where the kernel does not count.</param>
/// <param name="OutOfMemory">Whether the kernel killed in it because memory ran out; null where it does not count.</param>
internal readonly record struct CgroupExit(
    bool Stragglers, long ProcessorMicroseconds, long PeakBytes, long ReadBytes, long WrittenBytes, bool? OutOfMemory)
{
    /// <summary>
    /// What was measured of the program itself, and what the group adds to it. The larger figure counts: the group misses what happened before the program
    /// was in it, and what waits in the page cache to be written; the program's own misses children nobody waited for.
    /// </summary>
    public ProgramUsage Over(ProgramUsage own) => own with
    {
        CpuTime = TimeSpan.FromMicroseconds(Math.Max(ProcessorMicroseconds, (long)own.CpuTime.TotalMicroseconds)),
        PeakMemoryBytes = Math.Max(PeakBytes, own.PeakMemoryBytes),
        ReadBytes = Math.Max(ReadBytes, own.ReadBytes),
        WrittenBytes = Math.Max(WrittenBytes, own.WrittenBytes),
    };
}
