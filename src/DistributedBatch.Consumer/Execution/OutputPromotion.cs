using System.Globalization;

namespace DistributedBatch.Consumer.Execution;

/// <summary>Makes an attempt's outputs the chunk's outputs by one rename, so that they appear all at once.</summary>
internal static class OutputPromotion
{
    /// <summary>Moves <paramref name="from"/> to the chunk's folder below <paramref name="root"/>, unless that exists: the first success wins.</summary>
    /// <exception cref="IOException">The outputs could not be stored.</exception>
    public static void Promote(string from, string root, int index, int attempt)
    {
        var target = Path.Combine(root, index.ToString(CultureInfo.InvariantCulture));
        if (Directory.Exists(target))
            return;
        Directory.CreateDirectory(root);
        try
        {
            Directory.Move(from, target);
        }
        catch (IOException) when (Directory.Exists(target))
        {
            // Another attempt was first.
        }
        catch (IOException) when (Directory.Exists(from))
        {
            // Probably another file system: copy to a directory beside the target, then rename.
            CopyThenMove(from, target, Path.Combine(root, $".{index}.{attempt}.{Guid.NewGuid():N}"));
        }
    }

    private static void CopyThenMove(string from, string target, string temporary)
    {
        try
        {
            Copy(new DirectoryInfo(from), temporary);
            Directory.Move(temporary, target);
        }
        catch (IOException) when (Directory.Exists(target))
        {
            Directory.Delete(temporary, recursive: true);
        }
        catch
        {
            if (Directory.Exists(temporary))
                Directory.Delete(temporary, recursive: true);
            throw;
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
