using System.CommandLine;
using System.Text.Json;
using DistributedBatch.Cli.CommandLine;
using DistributedBatch.Contracts.Json;

namespace DistributedBatch.Cli.Commands;

/// <summary><c>dbatch explain RUN [CHUNK]</c>: why it stands where it stands, and what would help.</summary>
internal static class ExplainCommand
{
    /// <summary>The verb.</summary>
    public static Command Create()
    {
        var chunk = new Argument<int?>("CHUNK") { Description = "number of a chunk", Arity = ArgumentArity.ZeroOrOne };
        var verb = ReadingVerb.CreateForRun("explain", "Say why a run or chunk stands where it stands, and what would help.", lastIfUnsaid: true, async call =>
        {
            var index = call.Parsed.GetValue(chunk);
            if (await call.Source.ExplainAsync(call.Run, index, call.Cancellation) is not { } explanation)
                return ErrorOutput.Usage(index is null ? $"Run {call.Run} is not known here." : $"Run {call.Run} has no chunk {index}.");
            if (call.Json)
            {
                Console.Out.WriteLine(JsonSerializer.Serialize(explanation, ContractsJson.Indented.Explanation));
                return ExitCode.Done;
            }

            Console.Out.WriteLine(explanation.Verdict);
            foreach (var reason in explanation.Reasons)
                Console.Out.WriteLine($"  - {reason}");
            foreach (var remedy in explanation.Remedies)
                Console.Out.WriteLine($"  > {remedy}");
            return ExitCode.Done;
        });
        verb.Arguments.Add(chunk);
        return verb;
    }
}
