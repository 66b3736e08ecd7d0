using System.CommandLine;
using DistributedBatch.Cli.CommandLine;
using DistributedBatch.Cli.Progress;
using DistributedBatch.Cli.Sources;
using DistributedBatch.Contracts.Runs;

namespace DistributedBatch.Cli.Commands;

/// <summary><c>dbatch watch RUN</c>: the progress until the run is over; the exit code is the run's.</summary>
internal static class WatchCommand
{
    /// <summary>The verb.</summary>
    public static Command Create() => ReadingVerb.CreateForRun(
        "watch", "Show the progress of a run until it is over.", lastIfUnsaid: true, call => FollowAsync(call.Source, call.Run, call.Json, call.Cancellation));

    /// <summary>Watches a run to its end and prints its summary.</summary>
    public static async Task<int> FollowAsync(IRunSource source, RunId run, bool json, CancellationToken cancellation)
    {
        await new RunWatch(source, run, ProgressScreens.ForStandardError()).ShowAsync(cancellation);
        if (await source.ShowAsync(run, cancellation) is not { } view)
            return ErrorOutput.Usage($"Run {run} is not known in {source.Place} any more.");
        var summary = await Summary.RunSummary.ReadAsync(source, view, session: null, cancellation);
        Summary.SummaryPrint.Print(summary, json);
        return view.State == RunState.Succeeded ? ExitCode.Done : ExitCode.SomeFailed;
    }
}
