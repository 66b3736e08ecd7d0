namespace DistributedBatch.Cli.Settings;

/// <summary>A setting of a service without its flag: the variable, else the config file.</summary>
internal static class ServiceSetting
{
    /// <summary>The text of <paramref name="key"/> (<c>DBATCH_KEY</c>, or <c>key:</c> in the config file); null when neither has it.</summary>
    public static string? Text(string key) =>
        Environment.GetEnvironmentVariable("DBATCH_" + key.ToUpperInvariant().Replace('-', '_')) is { Length: > 0 } value
            ? value
            : ConfigFile.Read([]).GetValueOrDefault(key)?.Text;
}
