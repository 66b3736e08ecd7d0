namespace DistributedBatch.Cli.Settings;

/// <summary>
/// One setting of a run. Its key is the flag <c>--key</c>, the variable <c>DBATCH_KEY</c>, and the key in the job file and the config file.
/// </summary>
/// <param name="Key">Its name.</param>
/// <param name="Hint">Placeholder of the value in the help, such as <c>N</c>.</param>
/// <param name="Meaning">One line for the help, with unit and default.</param>
/// <param name="Kind">How often the setting may be given.</param>
internal sealed record Setting(string Key, string Hint, string Meaning, SettingKind Kind = SettingKind.One)
{
    /// <summary>The option on the command line.</summary>
    public string Flag => "--" + Key;

    /// <summary>The environment variable.</summary>
    public string Variable => "DBATCH_" + Key.ToUpperInvariant().Replace('-', '_');
}
