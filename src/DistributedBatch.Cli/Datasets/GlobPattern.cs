using System.IO.Enumeration;

namespace DistributedBatch.Cli.Datasets;

/// <summary>
/// Paths that match a pattern: <c>*</c> and <c>?</c> within a name, <c>**</c> across directories. As in a shell, a name with a leading dot only matches a
/// pattern with a leading dot. <c>**</c> does not follow links to directories, which may form a cycle.
/// </summary>
internal static class GlobPattern
{
    /// <summary>The matches in ordinal order, so that a dataset is the same on every machine and in every locale.</summary>
    /// <param name="pattern">The pattern. A relative pattern starts at <paramref name="directory"/> and gives relative paths.</param>
    /// <param name="directory">Base of a relative pattern.</param>
    public static IReadOnlyList<string> Matches(string pattern, string directory)
    {
        var absolute = pattern.StartsWith('/');
        var parts = pattern.Split('/', StringSplitOptions.RemoveEmptyEntries);
        var found = new SortedSet<string>(StringComparer.Ordinal);
        if (parts.Length > 0)
            Walk(absolute ? "/" : directory, absolute ? "/" : "", parts, 0, found);
        return [.. found];
    }

    /// <summary>
    /// Whether a path that was read from a directory is not the path of any file, because a byte of it that is not UTF-8 was replaced by U+FFFD. Such a match must not be
    /// used, and a directory of such a name cannot be searched: it is a match itself, so that the caller notices.
    /// </summary>
    public static bool IsNotUtf8(string path) => path.Contains('\uFFFD', StringComparison.Ordinal) && !Path.Exists(path) && new FileInfo(path).LinkTarget is null;

    private static void Walk(string directory, string shown, string[] parts, int depth, SortedSet<string> found)
    {
        var part = parts[depth];
        var last = depth == parts.Length - 1;
        if (part == "**")
        {
            if (!last)
                Walk(directory, shown, parts, depth + 1, found);
            foreach (var entry in Entries(directory))
            {
                if (entry.Name.StartsWith('.'))
                    continue;
                if (entry is DirectoryInfo && IsNotUtf8(entry.FullName))
                    found.Add(shown + entry.Name);
                else if (entry is DirectoryInfo { LinkTarget: null })
                    Walk(entry.FullName, shown + entry.Name + "/", parts, depth, found);
                else if (last && entry is FileInfo)
                    found.Add(shown + entry.Name);
            }
        }
        else if (part is "." or ".." || !part.AsSpan().ContainsAny('*', '?'))
        {
            var path = Path.Combine(directory, part);
            if (last ? Path.Exists(path) : Directory.Exists(path))
                Step(path, shown + part);
        }
        else
        {
            foreach (var entry in Entries(directory))
            {
                if ((entry.Name.StartsWith('.') && !part.StartsWith('.')) || !FileSystemName.MatchesSimpleExpression(part, entry.Name, ignoreCase: false))
                    continue;
                if (IsNotUtf8(entry.FullName))
                    found.Add(shown + entry.Name);
                else if (last || Directory.Exists(entry.FullName))
                    Step(entry.FullName, shown + entry.Name);
            }
        }

        void Step(string path, string name)
        {
            if (last)
                found.Add(name);
            else
                Walk(path, name + "/", parts, depth + 1, found);
        }
    }

    private static FileSystemInfo[] Entries(string directory)
    {
        try
        {
            return new DirectoryInfo(directory).GetFileSystemInfos();
        }
        catch (Exception failure) when (failure is UnauthorizedAccessException or DirectoryNotFoundException)
        {
            return []; // As in a shell, unreadable directories are skipped.
        }
    }
}
