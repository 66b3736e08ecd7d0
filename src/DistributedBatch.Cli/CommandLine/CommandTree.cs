using System.CommandLine;
using DistributedBatch.Cli.Commands;
using DistributedBatch.Contracts.Runs;

namespace DistributedBatch.Cli.CommandLine;

/// <summary>The verbs of <c>dbatch</c>. Building it is cheap: what a verb needs is loaded when it runs.</summary>
internal static class CommandTree
{
    /// <summary>Reads <paramref name="args"/> and does what they say.</summary>
    public static async Task<int> RunAsync(IReadOnlyList<string> args)
    {
        var (own, words) = Split(args);
        var root = Build(words);
        var parsed = root.Parse(own, new ParserConfiguration { ResponseFileTokenReplacer = null });
        var mistakes = ParseErrorText.Of(parsed, words);
        if (mistakes.Count > 0)
            return ErrorOutput.Usage(mistakes);

        // Signals are ours: a run drains on the first one, and reading commands simply end.
        return await parsed.InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = null, EnableDefaultExceptionHandler = false });
    }

    /// <summary>Everything after the first <c>--</c> is the command and not ours to interpret.</summary>
    private static (IReadOnlyList<string> Own, IReadOnlyList<string>? Words) Split(IReadOnlyList<string> args)
    {
        var dashes = args.ToList().IndexOf("--");
        return dashes < 0 ? (args, null) : ([.. args.Take(dashes)], [.. args.Skip(dashes + 1)]);
    }

    private static RootCommand Build(IReadOnlyList<string>? words)
    {
        var root = new RootCommand("Runs a program over a dataset, chunk by chunk, on all cores of one box or on every spare machine of a lab.")
        {
            RunCommand.Create(words),
            SubmitCommand.Create(words),
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
        HelpWithPrecedence.AddTo(root);
        root.SetAction(_ => Menu.StartMenu.RunAsync());
        return root;
    }
}
