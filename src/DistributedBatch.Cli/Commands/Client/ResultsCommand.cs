using System.CommandLine;
using System.Text.Json;
using DistributedBatch.Cli.Output;
using DistributedBatch.Contracts.Json;

namespace DistributedBatch.Cli.Commands.Client;

/// <summary><c>dbatch results RUN</c>: the JSON that chunks wrote to <c>DBATCH_RESULT</c>, in the order of the chunks.</summary>
internal static class ResultsCommand
{
    /// <summary>Builds the command.</summary>
    public static Command Create() => ClientCommand.CreateForRun(
        "results",
        "Print the chunks' small results in order, one JSON object per line (with --json as one array).",
        defaultsToLast: true,
        async context =>
        {
            var any = false;
            if (context.Json)
                Console.Out.Write('[');
            await foreach (var result in context.Source.ResultsAsync(context.Run, context.Cancellation))
            {
                var line = JsonSerializer.Serialize(result, ContractsJson.Default.RunResult);
                Console.Out.Write(context.Json ? (any ? "," : "") + Environment.NewLine + line : line + Environment.NewLine);
                any = true;
            }

            if (context.Json)
                Console.Out.WriteLine($"{Environment.NewLine}]");
            else if (!any)
                Console.Error.WriteLine("No chunk has a result. A job writes its result as JSON to the file that DBATCH_RESULT names.");
            return ExitCode.Done;
        });
}
