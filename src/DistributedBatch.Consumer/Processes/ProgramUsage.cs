namespace DistributedBatch.Consumer.Processes;

/// <summary>What a program used.</summary>
/// <param name="Duration">Wall time from start to exit.</param>
/// <param name="CpuTime">User and system time of the program and the children it waited for.</param>
/// <param name="PeakMemoryBytes">Largest resident set, in bytes.</param>
/// <param name="ReadBytes">Bytes read from disks, without the page cache.</param>
/// <param name="WrittenBytes">Bytes written to disks, or waiting in the page cache to be written.</param>
public readonly record struct ProgramUsage(TimeSpan Duration, TimeSpan CpuTime, long PeakMemoryBytes, long ReadBytes = 0, long WrittenBytes = 0)
{
    /// <summary>The usage of a program that did not start.</summary>
    public static ProgramUsage None => default;
}
