namespace DistributedBatch.Consumer.Processes;

/// <summary>What a program consumed.</summary>
/// <param name="Duration">Wall time from start to exit.</param>
/// <param name="CpuTime">User and system time of it and of the children it waited for.</param>
/// <param name="PeakMemoryBytes">Largest resident set.</param>
public readonly record struct ProgramUsage(TimeSpan Duration, TimeSpan CpuTime, long PeakMemoryBytes)
{
    /// <summary>Nothing, for a program that never started.</summary>
    public static ProgramUsage None => default;
}
