using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using DistributedBatch.Cli.Requests;

namespace DistributedBatch.Cli.CommandLine;

/// <summary>Adds to the help of <c>run</c> and <c>submit</c> the order in which settings are read.</summary>
internal sealed class SettingsHelp(HelpAction standard) : SynchronousCommandLineAction
{
    /// <summary>Replaces the standard help.</summary>
    public static void AddTo(RootCommand root)
    {
        foreach (var help in root.Options.OfType<HelpOption>())
            help.Action = new SettingsHelp((HelpAction)help.Action!);
    }

    /// <inheritdoc/>
    public override int Invoke(ParseResult parseResult)
    {
        var exitCode = standard.Invoke(parseResult);
        if (ParseErrorText.TakesCommand(parseResult.CommandResult.Command))
            parseResult.InvocationConfiguration.Output.WriteLine($"Settings:{Environment.NewLine}  {RunOptions.Precedence}");
        return exitCode;
    }
}
