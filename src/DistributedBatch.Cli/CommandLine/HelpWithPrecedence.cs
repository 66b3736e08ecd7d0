using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using DistributedBatch.Cli.Options;

namespace DistributedBatch.Cli.CommandLine;

/// <summary>The usual help, and below the help of verbs with settings a word on where settings come from.</summary>
internal sealed class HelpWithPrecedence(HelpAction usual) : SynchronousCommandLineAction
{
    /// <summary>Puts it in the place of the usual help.</summary>
    public static void AddTo(RootCommand root)
    {
        foreach (var help in root.Options.OfType<HelpOption>())
            help.Action = new HelpWithPrecedence((HelpAction)help.Action!);
    }

    /// <inheritdoc/>
    public override int Invoke(ParseResult parseResult)
    {
        var exitCode = usual.Invoke(parseResult);
        if (ParseErrorText.TakesCommand(parseResult.CommandResult.Command))
            parseResult.InvocationConfiguration.Output.WriteLine($"Settings:{Environment.NewLine}  {RunOptionSet.Precedence}");
        return exitCode;
    }
}
