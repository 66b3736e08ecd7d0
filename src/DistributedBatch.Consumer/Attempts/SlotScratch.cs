namespace DistributedBatch.Consumer.Attempts;

/// <summary>
/// The files of one slot, used by one attempt after the other. They stay in place while attempts leave them empty: an attempt that writes nothing
/// costs a few reads of metadata and creates no directory entry.
/// </summary>
internal sealed class SlotScratch
{
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

    /// <summary>Makes sure that the next attempt finds an empty output directory.</summary>
    public void Prepare()
    {
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

    /// <summary>Whether the attempt left anything in its output directory.</summary>
    public bool HasOutputs()
    {
        try
        {
            return Directory.EnumerateFileSystemEntries(Out).Any();
        }
        catch (DirectoryNotFoundException)
        {
            return false; // The program removed it.
        }
    }

    /// <summary>The output directory was moved away.</summary>
    public void OutputsMoved() => outExists = false;

    /// <summary>Removes the files of the last attempt.</summary>
    public void Clear(bool hasOutputs, bool hasItems)
    {
        if (hasOutputs && outExists)
        {
            Directory.Delete(Out, recursive: true);
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
            if (Directory.Exists(directory))
                Directory.Delete(directory, recursive: true);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            // A straggler wrote to it again. The next start of a consumer removes it.
        }
    }
}
