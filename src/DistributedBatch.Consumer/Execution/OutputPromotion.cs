using System.Globalization;

namespace DistributedBatch.Consumer.Execution;

/// <summary>Makes an attempt's outputs the chunk's outputs by one rename, so that they appear all at once.</summary>
internal static class OutputPromotion
{
    /// <summary>Moves <paramref name="from"/> to the chunk's folder below <paramref name="root"/>.</summary>
    /// <param name="from">The outputs of the attempt.</param>
    /// <param name="root">The folder of the run's outputs, created when missing.</param>
    /// <param name="index">Number of the chunk.</param>
    /// <param name="replace">
    /// What to do with outputs that are there already. True: replace them, because they are of an attempt that stored its outputs and died before its report.
    /// False: keep them, because another attempt may have won.
    /// </param>
    /// <exception cref="IOException">The outputs could not be stored.</exception>
    public static void Promote(string from, string root, int index, bool replace)
    {
        var target = TargetOf(root, index);
        if (Directory.Exists(target) && !replace)
            return;
        Directory.CreateDirectory(root);
        try
        {
            MoveTo(target, from, replace);
        }
        catch (IOException) when (Directory.Exists(from) && !Directory.Exists(target))
        {
            // Probably another file system: copy to a directory beside the target, then rename.
            CopyThenMove(from, target, HiddenBeside(target), replace);
        }
    }

    /// <summary>Removes the chunk's folder below <paramref name="root"/>, if there is one: the attempt that won wrote no outputs.</summary>
    /// <exception cref="IOException">The outputs could not be removed.</exception>
    public static void Remove(string root, int index)
    {
        var target = TargetOf(root, index);
        if (Directory.Exists(target))
            RemoveAtOnce(target);
    }

    private static void MoveTo(string target, string from, bool replace)
    {
        try
        {
            Directory.Move(from, target);
        }
        catch (IOException) when (Directory.Exists(target))
        {
            if (!replace)
                return;
            RemoveAtOnce(target);
            Directory.Move(from, target);
        }
    }

    private static void RemoveAtOnce(string target)
    {
        var hidden = HiddenBeside(target);
        Directory.Move(target, hidden);
        Directory.Delete(hidden, recursive: true);
    }

    private static string TargetOf(string root, int index) => Path.Combine(root, index.ToString(CultureInfo.InvariantCulture));

    private static string HiddenBeside(string target) => Path.Combine(Path.GetDirectoryName(target)!, $".{Path.GetFileName(target)}.{Guid.NewGuid():N}");

    private static void CopyThenMove(string from, string target, string temporary, bool replace)
    {
        try
        {
            Copy(new DirectoryInfo(from), temporary);
            MoveTo(target, temporary, replace);
        }
        finally
        {
            if (Directory.Exists(temporary))
                Directory.Delete(temporary, recursive: true);
        }
    }

    private static void Copy(DirectoryInfo from, string to)
    {
        Directory.CreateDirectory(to);
        foreach (var entry in from.EnumerateFileSystemInfos())
        {
            var target = Path.Combine(to, entry.Name);
            if (entry.LinkTarget is { } link)
                File.CreateSymbolicLink(target, link);
            else if (entry is DirectoryInfo directory)
                Copy(directory, target);
            else
                File.Copy(entry.FullName, target);
        }
    }
}
