using System.Globalization;

namespace DistributedBatch.Consumer.Processes;

/// <summary>Reads of <c>/proc</c>; a process that ends meanwhile is no error. See proc_pid_stat(5).</summary>
internal static class ProcFs
{
    /// <summary>Every process with its parent.</summary>
    public static IEnumerable<(int Process, int Parent)> Parents()
    {
        foreach (var process in All())
        {
            if (Stat(process) is { } fields && int.TryParse(fields[1], CultureInfo.InvariantCulture, out var parent))
                yield return (process, parent);
        }
    }

    /// <summary>Every process id there is.</summary>
    public static IEnumerable<int> All()
    {
        foreach (var directory in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(directory.AsSpan()), NumberStyles.None, CultureInfo.InvariantCulture, out var process))
                yield return process;
        }
    }

    /// <summary>The threads of a process; none when it is gone.</summary>
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

    /// <summary>The children of a process that its first thread started; none when it is gone.</summary>
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
    public static HashSet<int> Family(int process)
    {
        var family = new HashSet<int>();
        var open = new Stack<int>([process]);
        while (open.TryPop(out var member))
        {
            if (family.Add(member))
            {
                foreach (var child in Children(member))
                    open.Push(child);
            }
        }

        return family;
    }

    /// <summary>The fields after the name, which may hold spaces and brackets itself: state first, then parent, group, session and so on.</summary>
    public static string[]? Stat(int process) => StatOf($"/proc/{process}/stat");

    /// <summary>The same of one thread of a process.</summary>
    public static string[]? Stat(int process, int thread) => StatOf($"/proc/{process}/task/{thread}/stat");

    /// <summary>The environment a process was started with; empty when it cannot be read.</summary>
    public static byte[] Environment(int process)
    {
        try
        {
            return File.ReadAllBytes($"/proc/{process}/environ");
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    private static string[]? StatOf(string file)
    {
        try
        {
            var text = File.ReadAllText(file);
            return text[(text.LastIndexOf(')') + 2)..].Split(' ');
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
