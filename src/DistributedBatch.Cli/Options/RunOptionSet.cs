using System.CommandLine;

namespace DistributedBatch.Cli.Options;

/// <summary>The settings of a run as options of a verb.</summary>
internal sealed class RunOptionSet
{
    /// <summary>What <c>--help</c> says about where settings come from.</summary>
    public const string Precedence =
        "Every setting may come from its flag, then from its variable (DBATCH_CHUNK for --chunk), then from the job file (-f), then from "
        + "~/.config/dbatch/config.yaml; the first that has it counts.";

    private readonly List<(Setting Setting, Option Option)> options = [];

    /// <summary>Adds the settings to <paramref name="verb"/>.</summary>
    public RunOptionSet(Command verb)
    {
        foreach (var setting in RunSettings.All)
        {
            Option option = setting.Kind == SettingKind.One
                ? new Option<string>(setting.Flag)
                : new Option<string[]>(setting.Flag) { Arity = ArgumentArity.OneOrMore };
            option.Description = $"{setting.Meaning} [{setting.Variable}]";
            option.HelpName = setting.Hint;
            options.Add((setting, option));
            verb.Options.Add(option);
        }
    }

    /// <summary>The layer of the flags.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="words">The command after the dashes, if there were any.</param>
    /// <param name="directory">Where relative paths start.</param>
    public IReadOnlyDictionary<string, SettingValue> Layer(ParseResult parsed, IReadOnlyList<string>? words, string directory)
    {
        var layer = new Dictionary<string, SettingValue>(StringComparer.Ordinal);
        foreach (var (setting, option) in options)
        {
            if (parsed.GetResult(option) is { Tokens.Count: > 0 } result)
                layer[setting.Key] = new SettingValue([.. result.Tokens.Select(token => token.Value)], setting.Flag, directory);
        }

        if (words is not null)
            layer["command"] = new SettingValue(words, "the command", directory);
        return layer;
    }
}
