using System.CommandLine;
using DistributedBatch.Cli.Output;
using DistributedBatch.Cli.Servers;
using DistributedBatch.Cli.Sources;
using DistributedBatch.Tracker.Queries;

namespace DistributedBatch.Cli.Commands.Client;

/// <summary>The common part of the client commands: the source options, <c>--json</c>, the argument RUN, and the errors.</summary>
internal static class ClientCommand
{
    /// <summary>A command that reads from a source.</summary>
    public static Command Create(string name, string description, Func<ParseResult, IRunSource, bool, CancellationToken, Task<int>> execute)
    {
        var command = new Command(name, description);
        var json = new Option<bool>("--json") { Description = "print JSON" };
        command.Options.Add(json);
        var sources = new SourceOptions(command);
        command.SetAction(async (parsed, cancellation) =>
        {
            var opened = sources.Open(parsed, out var exitCode);
            if (opened is null)
                return exitCode;
            await using var source = opened;
            try
            {
                return await execute(parsed, source, parsed.GetValue(json), cancellation);
            }
            catch (ServerException failure)
            {
                return ErrorOutput.Print(failure.Message, failure.ExitCode);
            }
        });
        return command;
    }

    /// <summary>A command about one run.</summary>
    /// <param name="name">Name of the command.</param>
    /// <param name="description">One line for the help.</param>
    /// <param name="defaultsToLast">Whether RUN is <c>last</c> by default.</param>
    /// <param name="execute">Executes the command and gives the exit code.</param>
    public static Command CreateForRun(string name, string description, bool defaultsToLast, Func<ClientCommandContext, Task<int>> execute)
    {
        var run = new Argument<string>("RUN")
        {
            Description = $"id, unique prefix of an id, name, or last{(defaultsToLast ? " (default)" : "")}",
            Arity = defaultsToLast ? ArgumentArity.ZeroOrOne : ArgumentArity.ExactlyOne,
        };
        var command = Create(name, description, async (parsed, source, json, cancellation) =>
            await source.FindAsync(parsed.GetValue(run) ?? "last", cancellation) switch
            {
                RunSelector.Found found => await execute(new ClientCommandContext(parsed, source, found.Run, json, cancellation)),
                RunSelector.Ambiguous ambiguous => ErrorOutput.Usage(ambiguous.Sentence),
                RunSelector.None none => ErrorOutput.Usage(none.Sentence),
                var other => throw new InvalidOperationException($"Unknown result of a run search: {other}."),
            });
        command.Arguments.Add(run);
        return command;
    }
}
