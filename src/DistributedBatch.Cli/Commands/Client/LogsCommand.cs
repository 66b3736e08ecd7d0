using System.CommandLine;
using System.Text;
using System.Text.Json;
using DistributedBatch.Cli.Output;
using DistributedBatch.Contracts.Json;
using DistributedBatch.Tracker.Logs;
using DistributedBatch.Tracker.Queries;

namespace DistributedBatch.Cli.Commands.Client;

/// <summary><c>dbatch logs RUN [CHUNK]</c>: the output of attempts. Standard output goes to standard output, standard error to standard error.</summary>
internal static class LogsCommand
{
    /// <summary>Builds the command.</summary>
    public static Command Create()
    {
        var chunk = new Argument<int?>("CHUNK") { Description = "number of the chunk; default: all", Arity = ArgumentArity.ZeroOrOne };
        var attempt = new Option<int?>("--attempt") { HelpName = "N", Description = "number of the attempt; default: the one that succeeded, else the last" };
        var onlyOut = new Option<bool>("--stdout") { Description = "only standard output" };
        var onlyErr = new Option<bool>("--stderr") { Description = "only standard error" };
        var follow = new Option<bool>("--follow") { Description = "print until the attempt ends" };
        var failed = new Option<bool>("--failed") { Description = "only chunks that failed" };
        var command = ClientCommand.CreateForRun("logs", "Print the output of a chunk, or of every chunk.", defaultsToLast: false, async context =>
        {
            var streams = (context.Parsed.GetValue(onlyOut), context.Parsed.GetValue(onlyErr)) switch
            {
                (true, false) => new[] { LogStream.Out },
                (false, true) => [LogStream.Err],
                _ => [LogStream.Out, LogStream.Err],
            };
            if (context.Parsed.GetValue(chunk) is not { } index)
                return await AllAsync(context, streams, context.Parsed.GetValue(failed));
            if (await context.Source.ChunkAsync(context.Run, index, context.Cancellation) is not { } view)
                return ErrorOutput.Usage($"Run {context.Run} has no chunk {index}.");
            if (context.Json)
                return await AttemptsAsync(context, index);
            var number = context.Parsed.GetValue(attempt) ?? view.LastAttempt?.Attempt ?? Math.Max(1, view.Attempts);
            if (await PrintAsync(context, index, number, streams, context.Parsed.GetValue(follow)) == 0)
                await ExplainEmptyLogAsync(context, view, number);
            return ExitCode.Done;
        });
        command.Arguments.Add(chunk);
        foreach (var option in new Option[] { attempt, onlyOut, onlyErr, follow, failed })
            command.Options.Add(option);
        return command;
    }

    private static async Task<int> AllAsync(ClientCommandContext context, LogStream[] streams, bool failed)
    {
        string? after = null;
        do
        {
            var filter = new ChunkFilter { State = failed ? ChunkState.Failed : null };
            var page = await context.Source.ChunksAsync(context.Run, filter, RunQueries.MaxRows, after, context.Cancellation);
            foreach (var view in page?.Items ?? [])
            {
                if (view.LastAttempt is not { } last)
                    continue;
                Console.Error.WriteLine($"== chunk {view.Index}, attempt {last.Attempt}: {HumanText.Outcome(last)}");
                await PrintAsync(context, view.Index, last.Attempt, streams, follow: false);
            }

            after = page?.Next;
        }
        while (after is not null);
        return ExitCode.Done;
    }

    private static async Task<int> AttemptsAsync(ClientCommandContext context, int index)
    {
        var attempts = await context.Source.AttemptsAsync(context.Run, index, context.Cancellation);
        Console.Out.WriteLine(JsonSerializer.Serialize(attempts, ContractsJson.Indented.IReadOnlyListAttemptView));
        return ExitCode.Done;
    }

    private static async Task<long> PrintAsync(ClientCommandContext context, int index, int attempt, LogStream[] streams, bool follow)
    {
        var bytesCopied = await Task.WhenAll(follow ? streams.Select(Copy) : await CopyInTurnAsync(streams, Copy));
        return bytesCopied.Sum();

        async Task<long> Copy(LogStream stream)
        {
            await using var target = stream == LogStream.Out ? StandardStreams.OpenOutput() : StandardStreams.OpenError();
            var terminal = stream == LogStream.Out ? !Console.IsOutputRedirected : !Console.IsErrorRedirected;
            var decoder = Encoding.UTF8.GetDecoder();
            var bytes = 0L;
            await foreach (var block in context.Source.LogAsync(context.Run, index, attempt, stream, follow, context.Cancellation))
            {
                bytes += block.Length;
                await target.WriteAsync(terminal ? Printable(decoder, block.Span) : block, context.Cancellation);
                await target.FlushAsync(context.Cancellation);
            }

            return bytes;
        }
    }

    private static async Task<IEnumerable<Task<long>>> CopyInTurnAsync(LogStream[] streams, Func<LogStream, Task<long>> copy)
    {
        var copies = new List<Task<long>>();
        foreach (var stream in streams)
        {
            copies.Add(copy(stream));
            await copies[^1];
        }

        return copies;
    }

    // On a terminal control characters are shown, not executed. Pipes and files get the bytes unchanged.
    private static ReadOnlyMemory<byte> Printable(Decoder decoder, ReadOnlySpan<byte> block)
    {
        var characters = new char[decoder.GetCharCount(block, flush: false)];
        decoder.GetChars(block, characters, flush: false);
        return Encoding.UTF8.GetBytes(SafeText.Of(new string(characters)));
    }

    private static async Task ExplainEmptyLogAsync(ClientCommandContext context, ChunkView view, int number)
    {
        var attempts = await context.Source.AttemptsAsync(context.Run, view.Index, context.Cancellation);
        var known = attempts.FirstOrDefault(attempt => attempt.Attempt == number);
        if (!string.IsNullOrEmpty(known?.StderrTail))
            Console.Error.Write(SafeText.Of(known.StderrTail));
        else if (known is null)
            Console.Error.WriteLine($"Chunk {view.Index} has no attempt {number}; it is {view.State.ToText()} after {HumanText.Count(attempts.Count, "attempt")}.");
        else
            Console.Error.WriteLine($"Attempt {number} of chunk {view.Index} ({HumanText.Outcome(known)}) wrote nothing.{(known.Error is { } error ? $" {error}" : "")}");
    }
}
