using System.Globalization;
using DistributedBatch.Consumer.Processes;

namespace DistributedBatch.Consumer.Resources;

/// <summary>What a running program and its children hold in memory.</summary>
internal static class ProcessMemory
{
    /// <summary>Resident bytes of a process and its descendants; 0 when it is gone.</summary>
    public static long ResidentBytes(int process) => ProcFs.Family(process).Sum(BytesOf);

    private static long BytesOf(int process)
    {
        try
        {
            // Pages: size, resident, shared, and so on: proc_pid_statm(5).
            var fields = File.ReadAllText($"/proc/{process}/statm").Split(' ');
            return long.Parse(fields[1], CultureInfo.InvariantCulture) * Environment.SystemPageSize;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or FormatException)
        {
            return 0;
        }
    }
}
