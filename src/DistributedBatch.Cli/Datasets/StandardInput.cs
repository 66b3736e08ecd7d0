namespace DistributedBatch.Cli.Datasets;

/// <summary>Standard input, for <c>--items -</c>.</summary>
internal static class StandardInput
{
    private const string Descriptors = "/proc/self/fd";

    /// <summary>Opens standard input.</summary>
    /// <exception cref="IOException">This process was started without one, as by <c>&lt;&amp;-</c>.</exception>
    public static Stream Open() => IsClosed ? throw new IOException("it is closed; give it a file or a pipe.") : Console.OpenStandardInput();

    // The runtime uses the free number for a pipe or an event queue of its own, and a read would wait for ever.
    private static bool IsClosed
    {
        get
        {
            if (!OperatingSystem.IsLinux())
                return false;
            if (TargetOf(Path.Combine(Descriptors, "0")) is not { } target)
                return true;
            return target.StartsWith("anon_inode:", StringComparison.Ordinal) || (target.StartsWith("pipe:", StringComparison.Ordinal) && HasBothEnds(target));
        }
    }

    // The other end of a pipe that somebody gave us is in another process.
    private static bool HasBothEnds(string pipe) =>
        Directory.EnumerateFileSystemEntries(Descriptors).Any(path => int.TryParse(Path.GetFileName(path), out var number) && number > 2 && TargetOf(path) == pipe && IsWritable(number));

    // The access mode is the last octal digit of the flags.
    private static bool IsWritable(int number)
    {
        try
        {
            return File.ReadLines($"/proc/self/fdinfo/{number}").Any(line => line.StartsWith("flags:", StringComparison.Ordinal) && (line[^1] is '1' or '2'));
        }
        catch (IOException)
        {
            return false; // It was closed meanwhile.
        }
    }

    private static string? TargetOf(string path)
    {
        try
        {
            return new FileInfo(path).LinkTarget;
        }
        catch (IOException)
        {
            return null;
        }
    }
}
