using System.Text;
using DistributedBatch.Consumer.Linux;

namespace DistributedBatch.Consumer.Execution;

/// <summary>
/// Makes sure that the outputs of an attempt can be stored, sent and read: files, directories and links, with names that are UTF-8 and paths that are
/// not too long. Everything else is left out or refused, the same on one box and in a lab.
/// </summary>
/// <param name="LeftOut">What was removed because it has no content to keep, such as a socket; one sentence each.</param>
/// <param name="Error">Why the outputs cannot be stored, in one sentence; null when they can.</param>
internal sealed record OutputCheck(IReadOnlyList<string> LeftOut, string? Error)
{
    // Far more than any program needs, and few enough that a path stays valid below other directories, where paths have at most 4096 bytes.
    private const int MaxDepth = 200;
    private const int MaxPathBytes = 2000;
    private const int MaxSentences = 20;

    /// <summary>Checks the directory. Owners get the permissions on their files and directories that storing needs.</summary>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static OutputCheck Of(string path)
    {
        if (!OperatingSystem.IsLinux())
            return new OutputCheck([], null);
        var leftOut = new List<string>();
        using var root = OpenDirectory.At(path);
        var error = Check(root, "", 1, leftOut);
        if (leftOut.Count > MaxSentences)
            leftOut.RemoveRange(MaxSentences, leftOut.Count - MaxSentences);
        return new OutputCheck(leftOut, error);
    }

    private static string? Check(OpenDirectory directory, string prefix, int depth, List<string> leftOut)
    {
        foreach (var entry in directory.Entries())
        {
            if (entry.Text is not { } text)
                return $"The name of the output '{prefix}{entry.ForPeople}' is not UTF-8, so it cannot be stored; give the file a name in UTF-8.";
            var name = prefix + text;
            if (depth > MaxDepth || Encoding.UTF8.GetByteCount(name) > MaxPathBytes)
                return $"The outputs in '{Shortened(prefix)}' are nested too deeply ({MaxDepth} directories and paths of {MaxPathBytes} bytes are allowed); write fewer levels, or an archive.";
            if (NameOfSpecial(entry.Type) is { } special)
            {
                if (!directory.RemoveFile(entry))
                    return $"The output '{name}' is {special}, which cannot be stored, and it cannot be removed.";
                leftOut.Add($"The output '{name}' is {special} and was left out.");
            }
            else if (entry.Type is DirectoryEntryType.Directory or DirectoryEntryType.Unknown && directory.At(entry) is { } inner)
            {
                using (inner)
                {
                    if (Check(inner, name + "/", depth + 1, leftOut) is { } error)
                        return error;
                }
            }
            else if (entry.Type == DirectoryEntryType.Directory || (entry.Type != DirectoryEntryType.Link && !directory.MakeReadable(entry)))
            {
                return $"The output '{name}' cannot be read; let the program leave it readable for the user that runs it.";
            }
        }

        return null;
    }

    private static string? NameOfSpecial(DirectoryEntryType type) => type switch
    {
        DirectoryEntryType.Fifo => "a named pipe",
        DirectoryEntryType.Socket => "a socket",
        DirectoryEntryType.CharacterDevice or DirectoryEntryType.BlockDevice => "a device",
        _ => null,
    };

    private static string Shortened(string path) => path.Length <= 60 ? path : $"{path[..60]}…";
}
