using System.CommandLine;
using System.CommandLine.Parsing;
using DistributedBatch.Contracts.Jobs;

namespace DistributedBatch.Cli.CommandLine;

/// <summary>Turns parse errors into sentences that name the nearest known word.</summary>
internal static class ParseErrorText
{
    /// <summary>Every mistake in the command line.</summary>
    /// <param name="parsed">The parsed command line.</param>
    /// <param name="jobCommand">The command after <c>--</c>; null for none.</param>
    public static IReadOnlyList<string> Of(ParseResult parsed, IReadOnlyList<string>? jobCommand)
    {
        var command = parsed.CommandResult.Command;
        var mistakes = new List<string>();
        var previousIsOption = false;
        foreach (var token in parsed.UnmatchedTokens)
        {
            var isOption = token.StartsWith('-') && token.Length > 1;
            if (isOption)
                mistakes.Add(UnknownOption(token, parsed));
            else if (!previousIsOption)
                mistakes.Add(UnknownWord(token, command));
            if (!isOption && !previousIsOption)
                break; // The words after the first unknown one are most likely its arguments.
            previousIsOption = isOption;
        }

        foreach (var error in parsed.Errors.Where(error => !parsed.UnmatchedTokens.Any(token => error.Message.Contains($"'{token}'", StringComparison.Ordinal))))
        {
            if (error.SymbolResult is not CommandResult { Command: RootCommand })
                mistakes.Add(Sentence(error));
        }

        if (jobCommand is not null && !TakesCommand(command))
            mistakes.Add($"dbatch {command.Name} takes no command after --.");
        return mistakes;
    }

    /// <summary>Whether <paramref name="command"/> takes a command after <c>--</c>.</summary>
    public static bool TakesCommand(Command command) => command.Name is "run" or "submit";

    private static string UnknownOption(string token, ParseResult parsed)
    {
        var name = token.Split('=')[0];
        var known = KnownOptions(parsed.CommandResult).SelectMany(option => option.Aliases.Append(option.Name)).Where(alias => alias.StartsWith("--", StringComparison.Ordinal));
        var program = parsed.CommandResult.Command is RootCommand ? "dbatch" : $"dbatch {parsed.CommandResult.Command.Name}";
        return NearestName.Of(name, known) is { } nearest
            ? $"There is no option {name}; did you mean {nearest}?"
            : $"There is no option {name}; '{program} --help' lists them.";
    }

    private static string UnknownWord(string token, Command command)
    {
        if (command is RootCommand)
        {
            var names = command.Subcommands.Where(known => !known.Hidden).Select(known => known.Name).ToList();
            return NearestName.Of(token, names) is { } nearest
                ? $"There is no command '{token}'; did you mean '{nearest}'?"
                : $"There is no command '{token}'. The commands are {string.Join(", ", names)}.";
        }

        return TakesCommand(command)
            ? $"Unknown argument '{token}'. Put the command to run after two dashes: dbatch {command.Name} … -- {token} …"
            : $"dbatch {command.Name} takes no argument '{token}'; 'dbatch {command.Name} --help' lists its arguments.";
    }

    private static IEnumerable<Option> KnownOptions(CommandResult? result)
    {
        for (; result is not null; result = result.Parent as CommandResult)
        {
            foreach (var option in result.Command.Options)
                yield return option;
        }
    }

    private static string Sentence(ParseError error) => error.SymbolResult switch
    {
        OptionResult { Tokens.Count: 0 } option => $"{option.Option.Name} needs a value: {option.Option.Name} {option.Option.HelpName ?? "VALUE"}",
        OptionResult { Tokens.Count: > 1, Option.AllowMultipleArgumentsPerToken: false } option when option.Option.Arity.MaximumNumberOfValues == 1 =>
            $"{option.Option.Name} is given {option.Tokens.Count} times; give it only once.",
        OptionResult option => $"{option.Option.Name} must be {option.Option.HelpName ?? "another value"}, not '{option.Tokens[^1].Value}'.",
        ArgumentResult { Tokens.Count: 0 } argument => $"The argument {argument.Argument.Name} is missing.",
        ArgumentResult argument => $"{argument.Argument.Name} cannot be '{argument.Tokens[^1].Value}'.",
        _ => error.Message,
    };
}
