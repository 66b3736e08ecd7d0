using System.CommandLine;
using DistributedBatch.Cli.Output;

namespace DistributedBatch.Cli.Commands.Client;

/// <summary><c>dbatch cancel</c>, <c>pause</c> and <c>resume</c>.</summary>
internal static class RunControlCommand
{
    /// <summary>Builds the command for <paramref name="action"/>.</summary>
    public static Command Create(RunAction action)
    {
        var (description, done) = action switch
        {
            RunAction.Cancel => ("Cancel a run: stop its running chunks and keep what succeeded.", "is cancelled"),
            RunAction.Pause => ("Pause a run: start no new chunk; running chunks finish.", "is paused"),
            RunAction.Resume => ("Resume a paused run.", "is resumed"),
            _ => throw new ArgumentOutOfRangeException(nameof(action), action, null),
        };
        return ClientCommand.CreateForRun(action.ToText(), description, defaultsToLast: false, async context =>
        {
            var answer = await context.Source.ChangeAsync(context.Run, action, context.Cancellation);
            if (answer.Mistakes.Count > 0)
                return ErrorOutput.Usage(answer.Mistakes);
            Console.Out.WriteLine(context.Json ? $$"""{"run":"{{context.Run}}","action":"{{action.ToText()}}"}""" : $"Run {context.Run} {done}.");
            return ExitCode.Done;
        });
    }
}
