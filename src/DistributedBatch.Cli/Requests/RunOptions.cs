using System.CommandLine;
using DistributedBatch.Cli.Settings;

namespace DistributedBatch.Cli.Requests;

/// <summary>The settings of a run as options of a command.</summary>
internal sealed class RunOptions
{
    /// <summary>The text of <c>--help</c> about the order in which settings are read.</summary>
    public const string Precedence =
        "dbatch reads a setting from the flag, else from the variable (DBATCH_CHUNK for --chunk), else from the job file (-f), else from "
        + "~/.config/dbatch/config.yaml.";

    private readonly List<(Setting Setting, Option Option)> options = [];

    /// <summary>Adds the settings to <paramref name="command"/>.</summary>
    public RunOptions(Command command)
    {
        foreach (var setting in RunSettings.All)
        {
            Option option = setting.Kind is SettingKind.One or SettingKind.Command
                ? new Option<string>(setting.Flag)
                : new Option<string[]>(setting.Flag) { Arity = ArgumentArity.OneOrMore };
            option.Description = $"{setting.Meaning} [{setting.Variable}]";
            option.HelpName = setting.Hint;
            options.Add((setting, option));
            command.Options.Add(option);
        }
    }

    /// <summary>The layer of the flags.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="jobCommand">The command after <c>--</c>; null for none.</param>
    /// <param name="directory">Base of relative paths.</param>
    public IReadOnlyDictionary<string, SettingValue> Layer(ParseResult parsed, IReadOnlyList<string>? jobCommand, string directory)
    {
        var layer = new Dictionary<string, SettingValue>(StringComparer.Ordinal);
        foreach (var (setting, option) in options)
        {
            if (parsed.GetResult(option) is { Tokens.Count: > 0 } result)
                layer[setting.Key] = new SettingValue([.. result.Tokens.Select(token => token.Value)], setting.Flag, directory);
        }

        if (jobCommand is not null)
            layer["command"] = new SettingValue(jobCommand, "the command", directory, IsList: true);
        return layer;
    }
}
