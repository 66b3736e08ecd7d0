namespace DistributedBatch.Consumer.Execution;

/// <summary>
/// The files of one slot, used by one attempt after the other. As long as attempts leave nothing in them they stay where they are, so that an attempt
/// that writes nothing costs a few reads of metadata and no directory entry.
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

    /// <summary>Says that the output directory was moved away.</summary>
    public void OutputsGone() => outExists = false;

    /// <summary>Removes what an attempt left, for the next one.</summary>
    public void Clear(bool hadOutputs, bool hadItems)
    {
        if (hadOutputs && outExists)
        {
            Directory.Delete(Out, recursive: true);
            outExists = false;
        }

        if (hadItems)
            File.Delete(Items);
        File.Delete(Result);
    }

    /// <summary>Gives up these files for new ones, because a straggler of the last attempt may still write to them for a moment.</summary>
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
            // A straggler put something there again; the next start of a consumer removes it.
        }
    }
}
