namespace DistributedBatch.Consumer.Warm.Trial;

/// <summary>Compares files byte by byte.</summary>
internal static class FileComparison
{
    private const int Block = 1 << 16;

    /// <summary>
    /// The first difference between two directories, as the end of a sentence; null for none. A missing directory is empty. Names, kinds, modes,
    /// targets of links and contents count.
    /// </summary>
    public static string? OfDirectories(string one, string other)
    {
        var (left, right) = (EntriesIn(one), EntriesIn(other));
        if (left.Keys.Concat(right.Keys).Order(StringComparer.Ordinal).FirstOrDefault(name => left.ContainsKey(name) != right.ContainsKey(name)) is { } extra)
            return $"only one way left '{extra}'";
        return left.Keys.Order(StringComparer.Ordinal).FirstOrDefault(name => !IsSame(left[name], right[name])) is { } changed
            ? $"'{changed}' differs"
            : null;
    }

    /// <summary>Whether two files hold the same bytes. Pipes and sockets are empty files.</summary>
    public static bool SameContent(string one, string other)
    {
        var length = new FileInfo(one).Length;
        if (length != new FileInfo(other).Length)
            return false;
        if (length == 0)
            return true; // to open a pipe would wait for its other end
        using var left = File.OpenRead(one);
        using var right = File.OpenRead(other);
        var (a, b) = (new byte[Block], new byte[Block]);
        for (var remaining = length; remaining > 0;)
        {
            var size = (int)Math.Min(remaining, Block);
            left.ReadExactly(a, 0, size);
            right.ReadExactly(b, 0, size);
            if (!a.AsSpan(0, size).SequenceEqual(b.AsSpan(0, size)))
                return false;
            remaining -= size;
        }

        return true;
    }

    private static bool IsSame(FileSystemInfo one, FileSystemInfo other)
    {
        if (one.LinkTarget is not null || other.LinkTarget is not null)
            return one.LinkTarget == other.LinkTarget;
        return one.GetType() == other.GetType() && one.UnixFileMode == other.UnixFileMode && (one is DirectoryInfo || SameContent(one.FullName, other.FullName));
    }

    private static Dictionary<string, FileSystemInfo> EntriesIn(string directory)
    {
        var entries = new Dictionary<string, FileSystemInfo>(StringComparer.Ordinal);
        void Add(DirectoryInfo parent)
        {
            foreach (var entry in parent.EnumerateFileSystemInfos())
            {
                entries[Path.GetRelativePath(directory, entry.FullName)] = entry;
                if (entry is DirectoryInfo { LinkTarget: null } child)
                    Add(child);
            }
        }

        if (Directory.Exists(directory))
            Add(new DirectoryInfo(directory));
        return entries;
    }
}
