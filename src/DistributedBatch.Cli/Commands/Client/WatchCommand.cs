using System.CommandLine;
using DistributedBatch.Cli.Output;
using DistributedBatch.Cli.Progress;
using DistributedBatch.Cli.Sources;
using DistributedBatch.Cli.Summary;

namespace DistributedBatch.Cli.Commands.Client;

/// <summary><c>dbatch watch RUN</c>: the progress until the end of the run; the exit code is that of the run.</summary>
internal static class WatchCommand
{
    /// <summary>Builds the command.</summary>
    public static Command Create() => ClientCommand.CreateForRun(
        "watch", "Show the progress of a run until its end.", defaultsToLast: true, context => FollowAsync(context.Source, context.Run, context.Json, context.Cancellation));

    /// <summary>Watches a run to its end and prints its summary.</summary>
    public static async Task<int> FollowAsync(IRunSource source, RunId run, bool json, CancellationToken cancellation)
    {
        await new RunWatcher(source, run, ProgressScreens.ForStandardError()).ShowAsync(cancellation);
        if (await source.ShowAsync(run, cancellation) is not { } view)
            return ErrorOutput.Usage($"{source.Location} no longer has run {run}.");
        var summary = await RunSummary.ReadAsync(source, view, session: null, cancellation);
        SummaryPrinter.Print(summary, json);
        return view.State == RunState.Succeeded ? ExitCode.Done : ExitCode.SomeFailed;
    }
}
