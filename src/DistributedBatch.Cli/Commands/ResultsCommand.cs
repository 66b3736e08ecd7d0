using System.CommandLine;
using System.Text.Json;
using DistributedBatch.Cli.CommandLine;
using DistributedBatch.Contracts.Json;

namespace DistributedBatch.Cli.Commands;

/// <summary><c>dbatch results RUN</c>: what the chunks wrote to <c>DBATCH_RESULT</c>, in the order of the chunks.</summary>
internal static class ResultsCommand
{
    /// <summary>The verb.</summary>
    public static Command Create() => ReadingVerb.CreateForRun(
        "results",
        "Print the small results of the chunks in order, one JSON object a line (with --json as one array).",
        lastIfUnsaid: true,
        async call =>
        {
            var any = false;
            if (call.Json)
                Console.Out.Write('[');
            await foreach (var result in call.Source.ResultsAsync(call.Run, call.Cancellation))
            {
                var line = JsonSerializer.Serialize(result, ContractsJson.Default.RunResult);
                Console.Out.Write(call.Json ? (any ? "," : "") + Environment.NewLine + line : line + Environment.NewLine);
                any = true;
            }

            if (call.Json)
                Console.Out.WriteLine($"{Environment.NewLine}]");
            else if (!any)
                Console.Error.WriteLine("No chunk has written a result: a job writes JSON to the file that DBATCH_RESULT names.");
            return ExitCode.Done;
        });
}
