using System.CommandLine;
using DistributedBatch.Cli.Hooks;
using DistributedBatch.Cli.Output;
using DistributedBatch.Cli.Progress;
using DistributedBatch.Cli.Servers;
using DistributedBatch.Cli.Settings;
using DistributedBatch.Cli.Sources;
using DistributedBatch.Cli.Summary;

namespace DistributedBatch.Cli.Commands.Client;

/// <summary><c>dbatch watch RUN</c>: the progress until the end of the run; the exit code is that of the run.</summary>
internal static class WatchCommand
{
    /// <summary>Builds the command.</summary>
    public static Command Create()
    {
        var after = new Option<string>("--after")
        {
            HelpName = "COMMAND",
            Description = "command to run here once all chunks have succeeded; {out} is the directory of the outputs, which are downloaded",
        };
        var command = ClientCommand.CreateForRun("watch", "Show the progress of a run until its end.", defaultsToLast: true, async context =>
        {
            var mistakes = new List<string>();
            var words = context.Parsed.GetValue(after) is { } text ? SettingReader.Words(new SettingValue([text], "--after", Directory.GetCurrentDirectory()), mistakes) : [];
            if (mistakes.Count > 0)
                return ErrorOutput.Usage(mistakes);
            var ended = await FollowAsync(context.Source, context.Run, context.Json, context.Cancellation);
            return ended == ExitCode.Done && words.Count > 0 && await context.Source.ShowAsync(context.Run, context.Cancellation) is { } view
                ? await SubmitHooks.Of(view, words, Directory.GetCurrentDirectory()).AfterAsync(context.Source, context.Cancellation)
                : ended;
        });
        command.Options.Add(after);
        return command;
    }

    /// <summary>Watches a run to its end and prints its summary.</summary>
    public static async Task<int> FollowAsync(IRunSource source, RunId run, bool json, CancellationToken cancellation)
    {
        await new RunWatcher(source, run, ProgressScreens.ForStandardError()).ShowAsync(cancellation);
        var summary = await new OutageRetry(Console.Error.WriteLine).ReadAsync(
            async () => await source.ShowAsync(run, cancellation) is { } view ? await RunSummary.ReadAsync(source, view, session: null, cancellation) : null,
            cancellation);
        if (summary is null)
            return ErrorOutput.Usage($"{source.Location} no longer has run {run}.");
        SummaryPrinter.Print(summary, json);
        return summary.State == RunState.Succeeded ? ExitCode.Done : ExitCode.SomeFailed;
    }
}
