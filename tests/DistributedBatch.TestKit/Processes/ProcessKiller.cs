using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;

namespace DistributedBatch.TestKit.Processes;

/// <summary>Ends processes the hard way, which is what a power cut, the out-of-memory killer and a careless admin do.</summary>
public static partial class ProcessKiller
{
    public const int Sigint = 2;
    public const int Sigkill = 9;
    public const int Sigterm = 15;
    public const int Sigcont = 18;
    public const int Sigstop = 19;

    /// <summary><c>kill -9</c> of one process; its children are left to whoever looks after them.</summary>
    public static void Kill(int pid) => Send(pid, Sigkill);

    /// <summary>Sends a signal; a process that is gone already is no error.</summary>
    public static void Send(int pid, int signal)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(pid, 2);
        _ = SendSignal(pid, signal);
    }

    /// <summary>Whether the process still runs; one that only waits to be reaped does not.</summary>
    public static bool IsAlive(int pid) => StateOf(pid) is not (null or 'Z' or 'X');

    /// <summary>The processes that run with <paramref name="marker"/> in their environment: what a run that has ended must not leave behind.</summary>
    public static IReadOnlyList<int> WithEnvironment(string marker)
    {
        var found = new List<int>();
        foreach (var directory in Directory.EnumerateDirectories("/proc"))
        {
            if (!int.TryParse(Path.GetFileName(directory), NumberStyles.None, CultureInfo.InvariantCulture, out var pid) || !IsAlive(pid))
                continue;
            try
            {
                if (File.ReadAllText($"{directory}/environ").Split('\0').Contains(marker, StringComparer.Ordinal))
                    found.Add(pid);
            }
            catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
            {
                Debug.WriteLine(gone.Message);
            }
        }

        return found;
    }

    private static char? StateOf(int pid)
    {
        try
        {
            var stat = File.ReadAllText($"/proc/{pid}/stat");
            return stat[stat.LastIndexOf(')') + 2];
        }
        catch (IOException)
        {
            return null;
        }
    }

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int SendSignal(int pid, int signal);
}
