namespace DistributedBatch.Cli.Options;

/// <summary>A setting of the services that is not a flag here: from its variable, else from the config file.</summary>
internal static class ServiceSetting
{
    /// <summary>The text of <paramref name="key"/> (<c>DBATCH_KEY</c>, or <c>key:</c> in the config file); null when neither has it.</summary>
    public static string? Text(string key) =>
        Environment.GetEnvironmentVariable("DBATCH_" + key.ToUpperInvariant().Replace('-', '_')) is { Length: > 0 } value
            ? value
            : ConfigFile.Read([]).GetValueOrDefault(key)?.Text;
}
