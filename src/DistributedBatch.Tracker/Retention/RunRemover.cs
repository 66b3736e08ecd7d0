using DistributedBatch.Contracts.Text;
using DistributedBatch.Messaging.Bus;
using DistributedBatch.Storage.Connections;
using DistributedBatch.Tracker.Commands;
using DistributedBatch.Tracker.Queries;
using DistributedBatch.Tracker.Storage;

namespace DistributedBatch.Tracker.Retention;

/// <summary>
/// Removes settled runs. First the producer removes the run from its ledger, then the tracker hides it, and last its rows, logs and outputs are deleted in
/// slices, between which other writes get their turn. After a crash the next <see cref="CleanAsync"/> continues. Outputs in a directory that the user named with
/// <c>--out</c> are not deleted.
/// </summary>
public sealed partial class RunRemover : IDisposable
{
    private const int SliceSize = 2_000;

    private readonly TrackerDatabase database;
    private readonly RunQueries queries;
    private readonly RunCommands commands;
    private readonly TimeProvider time;
    private readonly ILogger<RunRemover> log;
    private readonly SemaphoreSlim turn = new(1);

    internal RunRemover(TrackerDatabase database, RunQueries queries, RunCommands commands, TimeProvider time, ILogger<RunRemover> log) =>
        (this.database, this.queries, this.commands, this.time, this.log) = (database, queries, commands, time, log);

    /// <summary>Hides a settled run for good. <see cref="CleanAsync"/> deletes its data.</summary>
    /// <returns>The run, or why it cannot be removed.</returns>
    /// <exception cref="RequestUnansweredException">No producer answered, and nothing was removed.</exception>
    public async Task<RunCommandResult> ForgetAsync(RunId run, CancellationToken cancellation = default)
    {
        if (await queries.ShowAsync(run, cancellation) is not { } view)
            return RunCommandResult.Refused($"There is no run {run}.");
        if (!view.State.IsSettled())
            return RunCommandResult.Refused($"Run {run} ({view.Name}) is {view.State.ToText()}; cancel it first.");
        var answer = await commands.ForgetAsync(run, cancellation);
        if (answer.Mistakes.Count > 0)
            return answer;
        await HideAsync(run, cancellation);
        return answer;
    }

    /// <summary>Removes the runs that ended longer ago than <paramref name="keep"/>.</summary>
    /// <returns>The number of removed runs.</returns>
    public async Task<int> ExpireAsync(TimeSpan keep, CancellationToken cancellation = default)
    {
        var removed = 0;
        foreach (var run in await queries.SettledBeforeAsync(time.GetUtcNow() - keep, cancellation))
        {
            var answer = await ForgetAsync(run, cancellation);
            if (answer.Mistakes.Count == 0)
                removed++;
            else
                LogNotRemoved(run, answer.Mistakes[0]);
        }

        return removed;
    }

    /// <inheritdoc/>
    public void Dispose() => turn.Dispose();

    /// <summary>Deletes the rows, logs and outputs of all hidden runs.</summary>
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

    /// <summary>Hides a settled run in the database only.</summary>
    internal Task HideAsync(RunId run, CancellationToken cancellation) =>
        database.Writer.ExecuteAsync([new Statement(RemovalSql.Hide, [[run.Value]])], cancellation);

    private async Task RemoveRowsAsync(long number, int chunks, CancellationToken cancellation)
    {
        for (var from = 0L; from <= chunks; from += SliceSize)
        {
            var began = time.GetTimestamp();
            await database.Writer.ExecuteAsync(
                [.. RemovalSql.DeleteChunks.Select(sql => new Statement(sql, [[number, from, from + SliceSize]]))], cancellation);
            await Task.Delay(time.GetElapsedTime(began), time, cancellation);
        }

        await database.Writer.ExecuteAsync(
            [.. RemovalSql.DeleteRun.Append(RemovalSql.MarkRemoved).Select(sql => new Statement(sql, [[number]]))], cancellation);
    }

    private void RemoveFiles(RunId run)
    {
        var directory = Path.Combine(database.DataDirectory, "runs", run.Value);
        try
        {
            if (Directory.Exists(directory))
                Directory.Delete(directory, recursive: true);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            LogFilesNotRemoved(directory, failure.Message);
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Removed run {Run} with {Chunks} chunks: its rows, logs and outputs are deleted.")]
    private partial void LogRemoved(RunId run, int chunks);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Run {Run} has expired and cannot be removed yet: {Reason}")]
    private partial void LogNotRemoved(RunId run, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The directory {Directory} of a removed run cannot be deleted: {Reason} Delete it by hand.")]
    private partial void LogFilesNotRemoved(string directory, string reason);
}
