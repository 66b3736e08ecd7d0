using DistributedBatch.Cli.JobFile;

namespace DistributedBatch.Cli.Options;

/// <summary>The user's own defaults, <c>~/.config/dbatch/config.yaml</c>: the lowest layer of settings, and the address of a server.</summary>
internal static class ConfigFile
{
    /// <summary>Where it is: <c>DBATCH_CONFIG</c>, else below <c>XDG_CONFIG_HOME</c>, else below <c>~/.config</c>.</summary>
    public static string Path =>
        Environment.GetEnvironmentVariable("DBATCH_CONFIG") is { Length: > 0 } chosen
            ? chosen
            : System.IO.Path.Combine(
                Environment.GetFolderPath(Environment.SpecialFolder.ApplicationData, Environment.SpecialFolderOption.DoNotVerify), "dbatch", "config.yaml");

    /// <summary>Its settings; empty when there is no such file.</summary>
    public static IReadOnlyDictionary<string, SettingValue> Read(List<string> mistakes) =>
        File.Exists(Path)
            ? new SettingsFile(Path, RunSettings.ConfigKeys, mistakes).Read()
            : new Dictionary<string, SettingValue>(StringComparer.Ordinal);
}
