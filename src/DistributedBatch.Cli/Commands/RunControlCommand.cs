using System.CommandLine;
using DistributedBatch.Cli.CommandLine;
using DistributedBatch.Contracts.Runs;
using DistributedBatch.Contracts.Text;

namespace DistributedBatch.Cli.Commands;

/// <summary><c>dbatch cancel</c>, <c>pause</c> and <c>resume</c>.</summary>
internal static class RunControlCommand
{
    /// <summary>The verb for <paramref name="action"/>.</summary>
    public static Command Create(RunAction action)
    {
        var (meaning, done) = action switch
        {
            RunAction.Cancel => ("Stop the running chunks of a run and end it; what succeeded is kept.", "is cancelled"),
            RunAction.Pause => ("Feed nothing new to a run; its running chunks finish.", "is paused"),
            RunAction.Resume => ("Go on with a paused run.", "goes on"),
            _ => ("Give the failed and cancelled chunks of a settled run new attempts.", "tries its failed chunks again"),
        };
        return ReadingVerb.CreateForRun(action.ToText(), meaning, lastIfUnsaid: false, async call =>
        {
            var answer = await call.Source.ChangeAsync(call.Run, action, call.Cancellation);
            if (answer.Mistakes.Count > 0)
                return ErrorOutput.Usage(answer.Mistakes);
            Console.Out.WriteLine(call.Json ? $$"""{"run":"{{call.Run}}","action":"{{action.ToText()}}"}""" : $"Run {call.Run} {done}.");
            return ExitCode.Done;
        });
    }
}
