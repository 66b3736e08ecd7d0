using System.CommandLine;
using DistributedBatch.Cli.CommandLine;
using DistributedBatch.Cli.Sources;
using DistributedBatch.Tracker.Queries;

namespace DistributedBatch.Cli.Commands;

/// <summary>What the reading commands share: where to ask, <c>--json</c>, finding the run, and an answer for every way this can fail.</summary>
internal static class ReadingVerb
{
    /// <summary>A verb that asks a source.</summary>
    public static Command Create(string name, string meaning, Func<ParseResult, IRunSource, bool, CancellationToken, Task<int>> act)
    {
        var verb = new Command(name, meaning);
        var json = new Option<bool>("--json") { Description = "print JSON" };
        verb.Options.Add(json);
        var sources = new RunSources(verb);
        verb.SetAction(async (parsed, cancellation) =>
        {
            var opened = sources.Open(parsed, out var exitCode);
            if (opened is null)
                return exitCode;
            await using var source = opened;
            try
            {
                return await act(parsed, source, parsed.GetValue(json), cancellation);
            }
            catch (ServerException failure)
            {
                return ErrorOutput.Print(failure.Message, failure.ExitCode);
            }
        });
        return verb;
    }

    /// <summary>A verb about one run.</summary>
    /// <param name="name">The verb.</param>
    /// <param name="meaning">One line for the help.</param>
    /// <param name="lastIfUnsaid">Whether it means the last run when none is named.</param>
    /// <param name="act">What it does.</param>
    public static Command CreateForRun(string name, string meaning, bool lastIfUnsaid, Func<RunCall, Task<int>> act)
    {
        var run = new Argument<string>("RUN")
        {
            Description = $"id, unique prefix of one, name, or last{(lastIfUnsaid ? " (default)" : "")}",
            Arity = lastIfUnsaid ? ArgumentArity.ZeroOrOne : ArgumentArity.ExactlyOne,
        };
        var verb = Create(name, meaning, async (parsed, source, json, cancellation) =>
            await source.FindAsync(parsed.GetValue(run) ?? "last", cancellation) switch
            {
                RunSelector.Found found => await act(new RunCall(parsed, source, found.Run, json, cancellation)),
                RunSelector.Ambiguous ambiguous => ErrorOutput.Usage(ambiguous.Sentence),
                RunSelector.None none => ErrorOutput.Usage(none.Sentence),
                var other => throw new InvalidOperationException($"A run was looked for and {other} found."),
            });
        verb.Arguments.Add(run);
        return verb;
    }
}
