using System.Globalization;

namespace DistributedBatch.Consumer.Linux;

/// <summary>Reads from <c>/proc</c>. A process that has ended is no error. See proc_pid_stat(5).</summary>
internal static class ProcFs
{
    /// <summary>Every process and its parent.</summary>
    public static IEnumerable<(int Process, int Parent)> Parents()
    {
        foreach (var process in All())
        {
            if (Stat(process) is { } fields && int.TryParse(fields[1], CultureInfo.InvariantCulture, out var parent))
                yield return (process, parent);
        }
    }

    /// <summary>Every process id.</summary>
    public static IEnumerable<int> All()
    {
        foreach (var directory in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(directory.AsSpan()), NumberStyles.None, CultureInfo.InvariantCulture, out var process))
                yield return process;
        }
    }

    /// <summary>The threads of a process; none when it has ended.</summary>
    public static IEnumerable<int> Threads(int process)
    {
        try
        {
            return [.. Directory.GetDirectories($"/proc/{process}/task").Select(task => int.Parse(Path.GetFileName(task.AsSpan()), CultureInfo.InvariantCulture))];
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    /// <summary>The children that the main thread of a process started; none when it has ended.</summary>
    public static IEnumerable<int> Children(int process)
    {
        try
        {
            return [.. File.ReadAllText($"/proc/{process}/task/{process}/children").Split(' ', StringSplitOptions.RemoveEmptyEntries)
                .Select(child => int.Parse(child, CultureInfo.InvariantCulture))];
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    /// <summary>A process and its descendants, as far as they can be seen.</summary>
    public static HashSet<int> WithDescendants(int process)
    {
        var found = new HashSet<int>();
        var open = new Stack<int>([process]);
        while (open.TryPop(out var member))
        {
            if (found.Add(member))
            {
                foreach (var child in Children(member))
                    open.Push(child);
            }
        }

        return found;
    }

    /// <summary>Resident memory of a process and its descendants, in bytes; 0 when it has ended.</summary>
    public static long ResidentBytes(int process) => WithDescendants(process).Sum(OwnResidentBytes);

    /// <summary>The fields of <c>stat</c> after the name: state, parent, group, session and so on; null when it has ended.</summary>
    public static string[]? Stat(int process) => StatOf($"/proc/{process}/stat");

    /// <summary>The same for one thread of a process.</summary>
    public static string[]? Stat(int process, int thread) => StatOf($"/proc/{process}/task/{thread}/stat");

    /// <summary>The environment a process was started with; empty when it cannot be read.</summary>
    public static byte[] Environment(int process) => Bytes($"/proc/{process}/environ");

    /// <summary>The command line of a process, each word with a NUL at its end; empty when it has ended.</summary>
    public static byte[] CommandLine(int process) => Bytes($"/proc/{process}/cmdline");

    /// <summary>The process group of a process; 0 when it has ended or is a zombie.</summary>
    public static int Group(int process) =>
        Stat(process) is [not ("Z" or "X"), _, var group, ..] ? int.Parse(group, CultureInfo.InvariantCulture) : 0;

    private static byte[] Bytes(string file)
    {
        try
        {
            return File.ReadAllBytes(file);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    private static long OwnResidentBytes(int process)
    {
        try
        {
            // Pages: size, resident, shared and so on; proc_pid_statm(5).
            var fields = File.ReadAllText($"/proc/{process}/statm").Split(' ');
            return long.Parse(fields[1], CultureInfo.InvariantCulture) * System.Environment.SystemPageSize;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or FormatException)
        {
            return 0;
        }
    }

    private static string[]? StatOf(string file)
    {
        try
        {
            // The name, in brackets, may hold spaces and brackets itself.
            var text = File.ReadAllText(file);
            return text[(text.LastIndexOf(')') + 2)..].Split(' ');
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
