namespace DistributedBatch.Cli.Text;

/// <summary>Paths that start with <c>~</c>. A shell replaces it only at the start of a word, so <c>--out=~/x</c> and job files still have it.</summary>
internal static class HomePath
{
    /// <summary><paramref name="path"/> with the home directory for a leading <c>~</c>. <c>./~</c> names a file of that name.</summary>
    public static string Expand(string path) =>
        (path == "~" || path.StartsWith("~/", StringComparison.Ordinal)) && Environment.GetEnvironmentVariable("HOME") is { Length: > 0 } home
            ? home.TrimEnd('/') + path[1..]
            : path;
}
