namespace DistributedBatch.Consumer.Warm;

/// <summary>Compares files byte by byte.</summary>
internal static class FileComparison
{
    private const int Block = 1 << 16;

    /// <summary>The first difference between two directories, as the end of a sentence; null for none. A missing directory is empty.</summary>
    public static string? OfDirectories(string one, string other)
    {
        var (left, right) = (FilesIn(one), FilesIn(other));
        if (left.Keys.Concat(right.Keys).Order(StringComparer.Ordinal).FirstOrDefault(name => left.ContainsKey(name) != right.ContainsKey(name)) is { } extra)
            return $"only one way left '{extra}'";
        return left.Keys.Order(StringComparer.Ordinal).FirstOrDefault(name => !SameContent(left[name], right[name])) is { } changed
            ? $"'{changed}' differs"
            : null;
    }

    /// <summary>Whether two files hold the same bytes.</summary>
    public static bool SameContent(string one, string other)
    {
        using var left = File.OpenRead(one);
        using var right = File.OpenRead(other);
        if (left.Length != right.Length)
            return false;
        var (a, b) = (new byte[Block], new byte[Block]);
        for (var remaining = left.Length; remaining > 0;)
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

    private static Dictionary<string, string> FilesIn(string directory) => Directory.Exists(directory)
        ? Directory.EnumerateFiles(directory, "*", SearchOption.AllDirectories).ToDictionary(path => Path.GetRelativePath(directory, path), StringComparer.Ordinal)
        : [];
}
