namespace DistributedBatch.Cli.Settings;

/// <summary>The user's config file, <c>~/.config/dbatch/config.yaml</c>: the lowest layer of settings, and the address of a server.</summary>
internal static class ConfigFile
{
    /// <summary>Path of the file: <c>DBATCH_CONFIG</c>, else below <c>XDG_CONFIG_HOME</c>, else below <c>~/.config</c>.</summary>
    public static string Path =>
        Environment.GetEnvironmentVariable("DBATCH_CONFIG") is { Length: > 0 } chosen
            ? chosen
            : System.IO.Path.Combine(
                Environment.GetFolderPath(Environment.SpecialFolder.ApplicationData, Environment.SpecialFolderOption.DoNotVerify), "dbatch", "config.yaml");

    /// <summary>The settings in the file; empty when there is no file.</summary>
    public static IReadOnlyDictionary<string, SettingValue> Read(List<string> mistakes) =>
        File.Exists(Path)
            ? new SettingsFile(Path, RunSettings.ConfigKeys, mistakes).Read()
            : new Dictionary<string, SettingValue>(StringComparer.Ordinal);
}
