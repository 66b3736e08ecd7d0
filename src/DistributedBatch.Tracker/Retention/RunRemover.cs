using DistributedBatch.Contracts.Messages;
using DistributedBatch.Contracts.Runs;
using DistributedBatch.Contracts.Text;
using DistributedBatch.Messaging.Bus;
using DistributedBatch.Tracker.Queries;
using DistributedBatch.Tracker.Storage;

namespace DistributedBatch.Tracker.Retention;

/// <summary>
/// Forgets settled runs: first the producer drops them from its ledger, then they are hidden here, and last their rows, logs and outputs go, in slices
/// between which the writer gets its turn. Whatever dies in between goes on with the next <see cref="CleanAsync"/>. Outputs in a directory that the user
/// named with <c>--out</c> are the user's and stay.
/// </summary>
public sealed partial class RunRemover : IDisposable
{
    private const int ChunksASlice = 2_000;

    private readonly IStorageDialect dialect;
    private readonly RunQueries queries;
    private readonly MessageBus bus;
    private readonly TrackerOptions options;
    private readonly TimeProvider time;
    private readonly ILogger<RunRemover> log;
    private readonly SemaphoreSlim turn = new(1);

    internal RunRemover(IStorageDialect dialect, RunQueries queries, MessageBus bus, TrackerOptions options, TimeProvider time, ILogger<RunRemover> log) =>
        (this.dialect, this.queries, this.bus, this.options, this.time, this.log) = (dialect, queries, bus, options, time, log);

    /// <summary>Hides a settled run from everybody, for good. What it left is removed by <see cref="CleanAsync"/>.</summary>
    /// <returns>The run, or why it must stay.</returns>
    /// <exception cref="RequestUnansweredException">No producer answered, so nothing was done.</exception>
    public async Task<RunCommandResult> ForgetAsync(RunId run, CancellationToken cancellation = default)
    {
        if (await queries.ShowAsync(run, cancellation) is not { } view)
            return RunCommandResult.Refused($"There is no run {run}.");
        if (!view.State.IsSettled())
            return RunCommandResult.Refused($"Run {run} ({view.Name}) is {view.State.ToText()}; cancel it first.");
        var answer = await bus.RequestAsync<ForgetRun, RunCommandResult>(new ForgetRun(run), options.ProducerPatience, cancellation);
        if (answer.Mistakes.Count > 0)
            return answer;
        await using var writer = await dialect.OpenWriteAsync(cancellation);
        await writer.InTransactionAsync(() => writer.RunAsync(RemovalSql.Forget, [[run.Value]], cancellation), cancellation);
        return answer;
    }

    /// <summary>Forgets what ended longer ago than <paramref name="keep"/>.</summary>
    /// <returns>How many runs that were.</returns>
    public async Task<int> ExpireAsync(TimeSpan keep, CancellationToken cancellation = default)
    {
        var forgotten = 0;
        foreach (var run in await queries.SettledBeforeAsync(time.GetUtcNow() - keep, cancellation))
        {
            var answer = await ForgetAsync(run, cancellation);
            if (answer.Mistakes.Count == 0)
                forgotten++;
            else
                LogKept(run, answer.Mistakes[0]);
        }

        return forgotten;
    }

    /// <inheritdoc/>
    public void Dispose() => turn.Dispose();

    /// <summary>Removes the rows, logs and outputs of all forgotten runs.</summary>
    public async Task CleanAsync(CancellationToken cancellation = default)
    {
        await turn.WaitAsync(cancellation);
        try
        {
            foreach (var (number, run, chunks) in await queries.ForgottenAsync(cancellation))
            {
                await RemoveRowsAsync(number, chunks, cancellation);
                RemoveFiles(run);
                LogRemoved(run, chunks);
            }
        }
        finally
        {
            turn.Release();
        }
    }

    private async Task RemoveRowsAsync(long number, int chunks, CancellationToken cancellation)
    {
        await using var writer = await dialect.OpenWriteAsync(cancellation);
        for (var from = 0L; from <= chunks; from += ChunksASlice)
        {
            var began = time.GetTimestamp();
            await writer.InTransactionAsync(async () =>
            {
                foreach (var statement in RemovalSql.Slices)
                    await writer.RunAsync(statement, [[number, from, from + ChunksASlice]], cancellation);
            }, cancellation);
            await Task.Delay(time.GetElapsedTime(began), time, cancellation);
        }

        await writer.InTransactionAsync(async () =>
        {
            foreach (var statement in RemovalSql.Rest.Append(RemovalSql.Gone))
                await writer.RunAsync(statement, [[number]], cancellation);
        }, cancellation);
    }

    private void RemoveFiles(RunId run)
    {
        var directory = Path.Combine(Path.GetFullPath(options.DataDirectory), "runs", run.Value);
        try
        {
            if (Directory.Exists(directory))
                Directory.Delete(directory, recursive: true);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            LogFilesStay(directory, failure.Message);
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Run {Run} with {Chunks} chunks is forgotten: its rows, logs and outputs are removed.")]
    private partial void LogRemoved(RunId run, int chunks);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Run {Run} is older than is kept and stays for now: {Reason}")]
    private partial void LogKept(RunId run, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Directory} belongs to a forgotten run and cannot be removed: {Reason} Remove it by hand.")]
    private partial void LogFilesStay(string directory, string reason);
}
