using DistributedBatch.Cli.Text;

namespace DistributedBatch.Cli.Settings;

/// <summary>The value of a setting in one layer.</summary>
/// <param name="Texts">The value, or the values of a setting that may be given several times.</param>
/// <param name="Origin">Where the value comes from, for messages: <c>--chunk</c>, <c>DBATCH_CHUNK</c>, <c>chunk (job.yaml, line 3)</c>.</param>
/// <param name="Directory">Base of relative paths.</param>
/// <param name="IsList">Whether the value is a list: then <c>items</c> holds the items themselves, and a command its words.</param>
internal sealed record SettingValue(IReadOnlyList<string> Texts, string Origin, string Directory, bool IsList = false)
{
    /// <summary>The value of a setting that may be given once.</summary>
    public string Text => Texts[^1];

    /// <summary>The value as an absolute path.</summary>
    public string Path => AbsolutePath(Text);

    /// <summary><paramref name="path"/> as an absolute path.</summary>
    public string AbsolutePath(string path) => System.IO.Path.GetFullPath(HomePath.Expand(path), Directory);
}
