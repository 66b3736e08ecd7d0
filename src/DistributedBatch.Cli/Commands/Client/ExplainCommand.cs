using System.CommandLine;
using System.Text.Json;
using DistributedBatch.Cli.Output;
using DistributedBatch.Cli.Text;
using DistributedBatch.Contracts.Json;
using DistributedBatch.Tracker.Logs;

namespace DistributedBatch.Cli.Commands.Client;

/// <summary><c>dbatch explain RUN [CHUNK]</c>: the reason for the status of a run or chunk, and what helps.</summary>
internal static class ExplainCommand
{
    /// <summary>Builds the command.</summary>
    public static Command Create()
    {
        var chunk = new Argument<int?>("CHUNK") { Description = "number of the chunk; default: the whole run", Arity = ArgumentArity.ZeroOrOne };
        var command = ClientCommand.CreateForRun("explain", "Explain the status of a run or chunk, and what to do.", defaultsToLast: true, async context =>
        {
            var index = context.Parsed.GetValue(chunk);
            if (await context.Source.ExplainAsync(context.Run, index, context.Cancellation) is not { } explanation)
                return ErrorOutput.Usage(index is null ? $"{context.Source.Location} has no run {context.Run}." : $"Run {context.Run} has no chunk {index}.");
            if (context.Json)
            {
                Console.Out.WriteLine(JsonSerializer.Serialize(explanation, ContractsJson.Indented.Explanation));
                return ExitCode.Done;
            }

            Print("", explanation.Verdict);
            foreach (var reason in explanation.Reasons)
                Print("  - ", reason);
            foreach (var remedy in explanation.Remedies)
                Print("  > ", remedy);
            return ExitCode.Done;

            void Print(string mark, string text) => Console.Out.WriteLine(mark + CommandHint.Complete(SafeText.Of(text), context.Source.CommandOptions));
        });
        command.Arguments.Add(chunk);
        return command;
    }
}
