using System.Globalization;
using DistributedBatch.Consumer.Processes;

namespace DistributedBatch.Consumer.Resources;

/// <summary>What a running program and its children hold in memory.</summary>
internal static class ProcessMemory
{
    /// <summary>Resident bytes of a process and its descendants; 0 when it is gone.</summary>
    public static long ResidentBytes(int process) => Add(process, depth: 0);

    private static long Add(int process, int depth)
    {
        try
        {
            // Pages: size, resident, shared, and so on: proc_pid_statm(5).
            var fields = File.ReadAllText($"/proc/{process}/statm").Split(' ');
            var bytes = long.Parse(fields[1], CultureInfo.InvariantCulture) * Environment.SystemPageSize;
            if (depth < 8)
            {
                foreach (var child in ProcFs.Children(process))
                    bytes += Add(child, depth + 1);
            }

            return bytes;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or FormatException)
        {
            return 0;
        }
    }
}
