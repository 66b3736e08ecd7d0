using System.CommandLine;
using DistributedBatch.Cli.CommandLine;
using DistributedBatch.Cli.Commands;
using DistributedBatch.Cli.Commands.Client;
using DistributedBatch.Cli.Commands.Lab;
using DistributedBatch.Cli.Menu;
using DistributedBatch.Cli.Native;
using DistributedBatch.Cli.Output;

namespace DistributedBatch.Cli;

/// <summary>The commands of <c>dbatch</c>. Each command builds itself; this list only names them in the order of the help.</summary>
internal static class CommandTree
{
    /// <summary>Parses <paramref name="args"/> and runs the command.</summary>
    public static async Task<int> RunAsync(IReadOnlyList<string> args)
    {
        EmbeddedLibraries.Install();
        StandardStreams.Install();
        var (own, jobCommand) = SplitAtDashes(args);
        var root = Build(jobCommand);
        var parsed = root.Parse(own, new ParserConfiguration { ResponseFileTokenReplacer = null });
        var isHelp = parsed.Action is SettingsHelp;
        IReadOnlyList<string> mistakes = isHelp ? [] : [.. ParseErrorText.Of(parsed, jobCommand), .. Surroundings.Mistakes(args)];
        if (mistakes.Count > 0)
            return ErrorOutput.Usage(mistakes);
        try
        {
            // dbatch handles signals itself: a run drains on the first signal, and a reading command simply ends.
            return await parsed.InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = null, EnableDefaultExceptionHandler = false });
        }
        catch (OutputException failure)
        {
            return ErrorOutput.Print(failure.Message, ExitCode.SomeFailed);
        }
    }

    /// <summary>Everything after the first <c>--</c> is the user's command. The parser must not interpret it.</summary>
    private static (IReadOnlyList<string> Own, IReadOnlyList<string>? JobCommand) SplitAtDashes(IReadOnlyList<string> args)
    {
        var dashes = args.ToList().IndexOf("--");
        return dashes < 0 ? (args, null) : ([.. args.Take(dashes)], [.. args.Skip(dashes + 1)]);
    }

    /// <summary>Building the tree is cheap: a command loads what it needs when it runs.</summary>
    private static RootCommand Build(IReadOnlyList<string>? jobCommand)
    {
        var root = new RootCommand("Runs a program over a dataset, chunk by chunk, on all cores of one machine or on every spare machine of a lab.")
        {
            RunCommand.Create(jobCommand),
            SubmitCommand.Create(jobCommand),
            ServeCommand.Create(),
            ConsumerCommand.Create(),
            ListCommand.Create(),
            ShowCommand.Create(),
            WatchCommand.Create(),
            LogsCommand.Create(),
            ResultsCommand.Create(),
            RetryCommand.Create(),
            RunControlCommand.Create(RunAction.Cancel),
            RunControlCommand.Create(RunAction.Pause),
            RunControlCommand.Create(RunAction.Resume),
            ExplainCommand.Create(),
            HostsCommand.Create(),
            TopCommand.Create(),
            PruneCommand.Create(),
            DoctorCommand.Create(),
            TokenCommand.Create(),
            KeyCommand.Create(),
            CaCommand.Create(),
            BrokerCommand.Create(),
            CompletionCommand.Create(),
            VersionCommand.Create(),
        };
        SettingsHelp.AddTo(root);
        root.SetAction(_ => StartMenu.RunAsync(RunAsync));
        return root;
    }
}
