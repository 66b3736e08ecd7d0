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

    /// <summary>The fields after the name, which may hold spaces and brackets itself: state first, then parent, group, session and so on.</summary>
    public static string[]? Stat(int process)
    {
        try
        {
            var text = File.ReadAllText($"/proc/{process}/stat");
            return text[(text.LastIndexOf(')') + 2)..].Split(' ');
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

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
}
