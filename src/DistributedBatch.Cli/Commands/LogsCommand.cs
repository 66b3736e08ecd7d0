using System.CommandLine;
using System.Text;
using System.Text.Json;
using DistributedBatch.Cli.CommandLine;
using DistributedBatch.Cli.Output;
using DistributedBatch.Contracts.Api;
using DistributedBatch.Contracts.Chunks;
using DistributedBatch.Contracts.Json;
using DistributedBatch.Contracts.Text;
using DistributedBatch.Tracker.Logs;
using DistributedBatch.Tracker.Queries;

namespace DistributedBatch.Cli.Commands;

/// <summary><c>dbatch logs RUN [CHUNK]</c>: what attempts wrote; their standard output on ours, their standard error on ours.</summary>
internal static class LogsCommand
{
    /// <summary>The verb.</summary>
    public static Command Create()
    {
        var chunk = new Argument<int?>("CHUNK") { Description = "number of the chunk; default: all", Arity = ArgumentArity.ZeroOrOne };
        var attempt = new Option<int?>("--attempt") { HelpName = "N", Description = "this attempt; default: the one that counts, else the last" };
        var onlyOut = new Option<bool>("--stdout") { Description = "only standard output" };
        var onlyErr = new Option<bool>("--stderr") { Description = "only standard error" };
        var follow = new Option<bool>("--follow") { Description = "go on until the attempt ends" };
        var failed = new Option<bool>("--failed") { Description = "only chunks that failed" };
        var verb = ReadingVerb.CreateForRun("logs", "Print what a chunk, or every chunk, wrote.", lastIfUnsaid: false, async call =>
        {
            var streams = (call.Parsed.GetValue(onlyOut), call.Parsed.GetValue(onlyErr)) switch
            {
                (true, false) => new[] { LogStream.Out },
                (false, true) => [LogStream.Err],
                _ => [LogStream.Out, LogStream.Err],
            };
            if (call.Parsed.GetValue(chunk) is not { } index)
                return await AllAsync(call, streams, call.Parsed.GetValue(failed));
            if (await call.Source.ChunkAsync(call.Run, index, call.Cancellation) is not { } view)
                return ErrorOutput.Usage($"Run {call.Run} has no chunk {index}.");
            if (call.Json)
                return await AttemptsAsync(call, index);
            var number = call.Parsed.GetValue(attempt) ?? view.LastAttempt?.Attempt ?? Math.Max(1, view.Attempts);
            if (await PrintAsync(call, index, number, streams, call.Parsed.GetValue(follow)) == 0)
                await ExplainSilenceAsync(call, view, number);
            return ExitCode.Done;
        });
        verb.Arguments.Add(chunk);
        foreach (var option in new Option[] { attempt, onlyOut, onlyErr, follow, failed })
            verb.Options.Add(option);
        return verb;
    }

    private static async Task<int> AllAsync(RunCall call, LogStream[] streams, bool failed)
    {
        string? after = null;
        do
        {
            var filter = new ChunkFilter { State = failed ? ChunkState.Failed : null };
            var page = await call.Source.ChunksAsync(call.Run, filter, RunQueries.MaxRows, after, call.Cancellation);
            foreach (var view in page?.Items ?? [])
            {
                if (view.LastAttempt is not { } last)
                    continue;
                Console.Error.WriteLine($"== chunk {view.Index}, attempt {last.Attempt}: {HumanText.Ending(last)}");
                await PrintAsync(call, view.Index, last.Attempt, streams, follow: false);
            }

            after = page?.Next;
        }
        while (after is not null);
        return ExitCode.Done;
    }

    private static async Task<int> AttemptsAsync(RunCall call, int index)
    {
        var attempts = await call.Source.AttemptsAsync(call.Run, index, call.Cancellation);
        Console.Out.WriteLine(JsonSerializer.Serialize(attempts, ContractsJson.Indented.IReadOnlyListAttemptView));
        return ExitCode.Done;
    }

    private static async Task<long> PrintAsync(RunCall call, int index, int attempt, LogStream[] streams, bool follow)
    {
        var written = await Task.WhenAll(follow ? streams.Select(Copy) : await OneByOneAsync(streams, Copy));
        return written.Sum();

        async Task<long> Copy(LogStream stream)
        {
            await using var target = stream == LogStream.Out ? Console.OpenStandardOutput() : Console.OpenStandardError();
            var terminal = stream == LogStream.Out ? !Console.IsOutputRedirected : !Console.IsErrorRedirected;
            var decoder = Encoding.UTF8.GetDecoder();
            var bytes = 0L;
            await foreach (var piece in call.Source.LogAsync(call.Run, index, attempt, stream, follow, call.Cancellation))
            {
                bytes += piece.Length;
                await target.WriteAsync(terminal ? Safe(decoder, piece.Span) : piece, call.Cancellation);
                await target.FlushAsync(call.Cancellation);
            }

            return bytes;
        }
    }

    private static async Task<IEnumerable<Task<long>>> OneByOneAsync(LogStream[] streams, Func<LogStream, Task<long>> copy)
    {
        var copies = new List<Task<long>>();
        foreach (var stream in streams)
        {
            copies.Add(copy(stream));
            await copies[^1];
        }

        return copies;
    }

    // A terminal obeys control characters, so what a program wrote is shown and not obeyed. Pipes and files get every byte as it was.
    private static ReadOnlyMemory<byte> Safe(Decoder decoder, ReadOnlySpan<byte> piece)
    {
        var letters = new char[decoder.GetCharCount(piece, flush: false)];
        decoder.GetChars(piece, letters, flush: false);
        return Encoding.UTF8.GetBytes(SafeText.Of(new string(letters)));
    }

    private static async Task ExplainSilenceAsync(RunCall call, ChunkView view, int number)
    {
        var attempts = await call.Source.AttemptsAsync(call.Run, view.Index, call.Cancellation);
        var known = attempts.FirstOrDefault(attempt => attempt.Attempt == number);
        if (!string.IsNullOrEmpty(known?.StderrTail))
            Console.Error.Write(SafeText.Of(known.StderrTail));
        else if (known is null)
            Console.Error.WriteLine($"Chunk {view.Index} has no attempt {number}; it is {view.State.ToText()} after {attempts.Count} attempts.");
        else
            Console.Error.WriteLine($"Attempt {number} of chunk {view.Index} ({HumanText.Ending(known)}) wrote nothing.{(known.Error is { } error ? $" {error}" : "")}");
    }
}
