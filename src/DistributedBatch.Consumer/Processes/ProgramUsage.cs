namespace DistributedBatch.Consumer.Processes;

/// <summary>What a program consumed.</summary>
/// <param name="Duration">Wall time from start to exit.</param>
/// <param name="CpuTime">User and system time of it and of the children it waited for.</param>
/// <param name="PeakMemoryBytes">Largest resident set.</param>
/// <param name="ReadBytes">Read from disks; what came out of the page cache does not count.</param>
/// <param name="WrittenBytes">Written to disks, or waiting in the page cache to be.</param>
public readonly record struct ProgramUsage(TimeSpan Duration, TimeSpan CpuTime, long PeakMemoryBytes, long ReadBytes = 0, long WrittenBytes = 0)
{
    /// <summary>Nothing, for a program that never started.</summary>
    public static ProgramUsage None => default;
}
