using DistributedBatch.Consumer.Isolation;

namespace DistributedBatch.Consumer.Launcher;

/// <summary>How a program ended and what it used, as the kernel told the launcher.</summary>
/// <param name="Id">The consumer's number of the program.</param>
/// <param name="ExitCode">Its exit code; -1 when a signal ended it.</param>
/// <param name="Signal">The signal that ended it; 0 when it exited.</param>
/// <param name="WallMicroseconds">Wall time from just before its start until its exit.</param>
/// <param name="ProcessorMicroseconds">User and system time, with the children it waited for.</param>
/// <param name="PeakBytes">Largest resident set of the program or a child it waited for, in bytes.</param>
/// <param name="ReadBytes">Bytes read from disks, with the children it waited for.</param>
/// <param name="WrittenBytes">Bytes written to disks, with the children it waited for.</param>
/// <param name="Stragglers">Whether other processes of the attempt were still running and were killed.</param>
/// <param name="OutOfMemory">Whether the out-of-memory killer killed in its control group; null when the kernel does not count.</param>
internal readonly record struct ChildExit(
    int Id, int ExitCode, int Signal, long WallMicroseconds, long ProcessorMicroseconds, long PeakBytes, long ReadBytes, long WrittenBytes, bool Stragglers,
    bool? OutOfMemory = null)
{
    /// <summary>The same, combined with the figures of its control group. <see cref="CgroupExit.Merge"/> explains why the larger figure counts.</summary>
    public ChildExit Merge(in CgroupExit group) => this with
    {
        ProcessorMicroseconds = Math.Max(ProcessorMicroseconds, group.ProcessorMicroseconds),
        PeakBytes = Math.Max(PeakBytes, group.PeakBytes),
        ReadBytes = Math.Max(ReadBytes, group.ReadBytes),
        WrittenBytes = Math.Max(WrittenBytes, group.WrittenBytes),
        Stragglers = Stragglers || group.Stragglers,
        OutOfMemory = group.OutOfMemory,
    };
}
