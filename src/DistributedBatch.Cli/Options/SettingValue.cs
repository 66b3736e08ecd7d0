namespace DistributedBatch.Cli.Options;

/// <summary>What one layer says about one setting.</summary>
/// <param name="Texts">The value, or the values of a setting that may be given several times.</param>
/// <param name="Where">Where it was said, for sentences about it: <c>--chunk</c>, <c>DBATCH_CHUNK</c>, <c>chunk (job.yaml, line 3)</c>.</param>
/// <param name="Directory">Where its relative paths start.</param>
/// <param name="IsList">Whether it was written as a list, which lets a job file name its items in place.</param>
internal sealed record SettingValue(IReadOnlyList<string> Texts, string Where, string Directory, bool IsList = false)
{
    /// <summary>The value of a setting that is given once.</summary>
    public string Text => Texts[^1];

    /// <summary>The value as an absolute path.</summary>
    public string Path => AbsolutePath(Text);

    /// <summary><paramref name="path"/> as an absolute path.</summary>
    public string AbsolutePath(string path) => System.IO.Path.GetFullPath(path, Directory);
}
