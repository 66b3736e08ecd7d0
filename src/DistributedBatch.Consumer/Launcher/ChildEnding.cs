using DistributedBatch.Consumer.Isolation;

namespace DistributedBatch.Consumer.Launcher;

/// <summary>How one started program ended, as the kernel told the launcher.</summary>
/// <param name="Id">The consumer's number for it.</param>
/// <param name="ExitCode">Its exit code; -1 when a signal ended it.</param>
/// <param name="Signal">The signal that ended it; 0 when it exited.</param>
/// <param name="WallMicroseconds">From just before its start to its exit.</param>
/// <param name="ProcessorMicroseconds">User and system time, children it waited for included.</param>
/// <param name="PeakBytes">Largest resident set of it or a child it waited for.</param>
/// <param name="ReadBytes">Read from disks by it and the children it waited for.</param>
/// <param name="WrittenBytes">Written to disks, likewise.</param>
/// <param name="Stragglers">Whether other processes of the attempt were still there and had to be killed.</param>
/// <param name="OutOfMemory">Whether the kernel killed in the attempt's control group because memory ran out; null where it does not count.</param>
internal readonly record struct ChildEnding(
    int Id, int ExitCode, int Signal, long WallMicroseconds, long ProcessorMicroseconds, long PeakBytes, long ReadBytes, long WrittenBytes, bool Stragglers,
    bool? OutOfMemory = null)
{
    /// <summary>The same with what its control group tells; see <see cref="CgroupExit.Over"/> for why the larger figure counts.</summary>
    public ChildEnding With(in CgroupExit group) => this with
    {
        ProcessorMicroseconds = Math.Max(ProcessorMicroseconds, group.ProcessorMicroseconds),
        PeakBytes = Math.Max(PeakBytes, group.PeakBytes),
        ReadBytes = Math.Max(ReadBytes, group.ReadBytes),
        WrittenBytes = Math.Max(WrittenBytes, group.WrittenBytes),
        Stragglers = Stragglers || group.Stragglers,
        OutOfMemory = group.OutOfMemory,
    };
}
