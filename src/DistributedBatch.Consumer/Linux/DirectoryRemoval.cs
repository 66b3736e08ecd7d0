using System.Globalization;

namespace DistributedBatch.Consumer.Linux;

/// <summary>Removes a directory that a program filled: whatever its names, modes and depth.</summary>
internal static class DirectoryRemoval
{
    /// <summary>Removes <paramref name="path"/> with all that is in it. Does nothing when there is no such directory.</summary>
    /// <exception cref="IOException">Something in it cannot be removed.</exception>
    public static void Remove(string path)
    {
        try
        {
            Directory.Delete(path, recursive: true);
            return;
        }
        catch (DirectoryNotFoundException) when (!Directory.Exists(path))
        {
            return;
        }
        catch (Exception failure) when (OperatingSystem.IsLinux() && failure is IOException or UnauthorizedAccessException or ArgumentException)
        {
            // A name that is not UTF-8, a directory without permissions, or a path that is too long, for which .NET has other exceptions, too.
        }

        using (var root = OpenDirectory.At(path))
            Empty(root, path);
        Directory.Delete(path);
    }

    // Subdirectories move up into the root before they are emptied themselves, so the depth does not matter.
    private static void Empty(OpenDirectory root, string path)
    {
        var moved = 0;
        while (root.Entries() is { Count: > 0 } entries)
        {
            var stuck = true;
            foreach (var entry in entries.Where(entry => !root.RemoveFile(entry)))
            {
                using var directory = root.At(entry);
                foreach (var inner in directory?.Entries().Where(inner => !directory.RemoveFile(inner)) ?? [])
                    stuck &= !directory!.MoveDirectory(inner, root, string.Create(CultureInfo.InvariantCulture, $".removed-{Environment.ProcessId}-{moved++}"));
                stuck &= !root.RemoveDirectory(entry);
            }

            if (stuck && root.Entries() is [var left, ..])
                throw new IOException($"'{left.ForPeople}' in '{path}' cannot be removed; remove it by hand.");
        }
    }
}
