using DistributedBatch.Consumer.Linux;

namespace DistributedBatch.Consumer.Attempts;

/// <summary>
/// The files of one slot. Each attempt finds them as new. They stay in place while attempts leave them empty and untouched: an attempt that writes
/// nothing costs a few reads of metadata and creates no directory entry.
/// </summary>
internal sealed class SlotScratch
{
    private const UnixFileMode Owner = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    private readonly string root;
    private string directory = "";
    private int generation;
    private bool outExists;
    private FileInfo stdout = null!;
    private FileInfo stderr = null!;

    public SlotScratch(string root)
    {
        this.root = root;
        Renew();
    }

    public string Out { get; private set; } = "";

    public string Result { get; private set; } = "";

    public string Items { get; private set; } = "";

    public string Stdout { get; private set; } = "";

    public string Stderr { get; private set; } = "";

    /// <summary>Makes sure that the next attempt finds an empty output directory, and log files that can be written.</summary>
    public void Prepare()
    {
        if (!IsIntact())
            Renew();
        if (outExists)
            return;
        Directory.CreateDirectory(Out);
        outExists = true;
    }

    /// <summary>Bytes in the two log files.</summary>
    public (long Stdout, long Stderr) LogLengths()
    {
        stdout.Refresh();
        stderr.Refresh();
        return (stdout.Exists ? stdout.Length : 0, stderr.Exists ? stderr.Length : 0);
    }

    /// <summary>Whether the output directory is still a directory. An attempt may have moved it away, removed it, or put something else in its place.</summary>
    public bool HasOutputDirectory() => IsDirectory(new DirectoryInfo(Out));

    /// <summary>Whether the attempt left anything in its output directory. Its owner gets back the permission to read it.</summary>
    public bool HasOutputs()
    {
        var outputs = new DirectoryInfo(Out);
        if (!IsDirectory(outputs))
            return false;
        if (!OperatingSystem.IsWindows() && !IsUsable(outputs))
            outputs.UnixFileMode |= Owner;
        return outputs.EnumerateFileSystemInfos().Any();
    }

    /// <summary>The output directory was moved away.</summary>
    public void OutputsMoved() => outExists = false;

    /// <summary>Removes the files of the last attempt.</summary>
    public void Clear(bool hasOutputs, bool hasItems)
    {
        if (hasOutputs && outExists)
        {
            DirectoryRemoval.Remove(Out);
            outExists = false;
        }

        if (hasItems)
            File.Delete(Items);
        File.Delete(Result);
    }

    /// <summary>Replaces the files by new ones, because a straggler of the last attempt may still write to the old ones for a moment.</summary>
    public void Renew()
    {
        if (directory.Length > 0)
            Remove();
        directory = generation++ == 0 ? root : $"{root}.{generation}";
        Directory.CreateDirectory(directory);
        Out = Path.Combine(directory, "out");
        Result = Path.Combine(directory, "result.json");
        Items = Path.Combine(directory, "items");
        Stdout = Path.Combine(directory, "stdout");
        Stderr = Path.Combine(directory, "stderr");
        stdout = new FileInfo(Stdout);
        stderr = new FileInfo(Stderr);
        outExists = false;
    }

    /// <summary>Removes the files.</summary>
    public void Remove()
    {
        try
        {
            DirectoryRemoval.Remove(directory);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            // A straggler wrote to it again. The next start of a consumer removes it.
        }
    }

    // Whether the last attempt left the files of the slot as they were made.
    private bool IsIntact() =>
        IsUsable(new DirectoryInfo(directory)) && (!outExists || IsUsable(new DirectoryInfo(Out))) && IsUsable(stdout) && IsUsable(stderr);

    private static bool IsDirectory(DirectoryInfo info) => info.Exists && !info.Attributes.HasFlag(FileAttributes.ReparsePoint);

    private static bool IsUsable(DirectoryInfo info) => IsDirectory(info) && (OperatingSystem.IsWindows() || (info.UnixFileMode & Owner) == Owner);

    private static bool IsUsable(FileInfo log)
    {
        log.Refresh();
        const UnixFileMode writable = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        return log.Exists
            ? !log.Attributes.HasFlag(FileAttributes.ReparsePoint) && (OperatingSystem.IsWindows() || (log.UnixFileMode & writable) == writable)
            : !Directory.Exists(log.FullName);
    }
}
