using DistributedBatch.Contracts.Messages;
using DistributedBatch.Tracker.Logs;
using DistributedBatch.Tracker.Metrics;
using DistributedBatch.Tracker.Storage;

namespace DistributedBatch.Tracker.Projection;

/// <summary>
/// The one writer of the tracker's database. Gathers what arrived, folds it, commits it in one transaction, and only then lets the messages be acknowledged.
/// </summary>
/// <remarks>
/// It starts before the bus and stops after it, so that every message the bus still handles while it stops finds a writer. A database that cannot be
/// written holds the messages up (the broker keeps them) and is tried again; nothing is dropped.
/// </remarks>
internal sealed partial class Projector(
    ProjectionIntake intake, TrackerStore store, LogFiles logs, ProjectionSignal signal, TrackerMetrics metrics, TrackerOptions options, TimeProvider time, ILogger<Projector> log)
    : IHostedLifecycleService, IAsyncDisposable
{
    private const int EnoughRows = 20_000;
    private static readonly TimeSpan UrgentLinger = TimeSpan.FromMilliseconds(5);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(10);

    private readonly CancellationTokenSource abandon = new();
    private Task? writing;
    private bool disposed;

    /// <inheritdoc/>
    public async Task StartingAsync(CancellationToken cancellationToken)
    {
        await store.PrepareAsync(cancellationToken);
        writing = Task.Run(WriteAsync, CancellationToken.None);
    }

    /// <inheritdoc/>
    public Task StartAsync(CancellationToken cancellationToken) => writing is null ? StartingAsync(cancellationToken) : Task.CompletedTask;

    /// <inheritdoc/>
    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public async Task StoppedAsync(CancellationToken cancellationToken)
    {
        intake.Close();
        if (writing is null)
            return;
        try
        {
            await writing.WaitAsync(cancellationToken);
        }
        catch (OperationCanceledException)
        {
            await abandon.CancelAsync();
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        // The container holds the projector twice, as itself and as a hosted service, and disposes it as often.
        if (Interlocked.Exchange(ref disposed, true))
            return;
        intake.Close();
        await abandon.CancelAsync();
        if (writing is not null)
            await writing.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        abandon.Dispose();
    }

    private async Task WriteAsync()
    {
        var messages = new List<PendingMessage>();
        while (await intake.Reader.WaitToReadAsync(abandon.Token))
        {
            var batch = await GatherAsync(messages);
            var began = time.GetTimestamp();
            await CommitAsync(batch);
            metrics.Committed(batch, time.GetElapsedTime(began));
            signal.Committed(batch);
            foreach (var message in messages)
                message.Committed.TrySetResult();
            messages.Clear();
        }
    }

    private async Task<ProjectionBatch> GatherAsync(List<PendingMessage> messages)
    {
        var batch = new ProjectionBatch();
        var deadline = time.GetTimestamp();
        while (true)
        {
            while (batch.Weight < EnoughRows && intake.Reader.TryRead(out var next))
            {
                messages.Add(next);
                batch.Fold(next.Message, next.ReceivedAt);
            }

            var linger = batch.Urgent ? UrgentLinger : options.CommitInterval;
            var left = linger - time.GetElapsedTime(deadline);
            if (batch.Weight >= EnoughRows || left <= TimeSpan.Zero || !await MoreWithinAsync(left))
                return batch;
        }
    }

    private async Task<bool> MoreWithinAsync(TimeSpan patience)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(abandon.Token);
        limit.CancelAfter(patience);
        try
        {
            return await intake.Reader.WaitToReadAsync(limit.Token);
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    private async Task CommitAsync(ProjectionBatch batch)
    {
        for (var pause = TimeSpan.FromMilliseconds(50); ; pause = TimeSpan.FromTicks(Math.Min(pause.Ticks * 2, LongestPause.Ticks)))
        {
            try
            {
                WriteLogs(batch);
                await store.CommitAsync(batch, abandon.Token);
                return;
            }
            catch (Exception failure) when (failure is not OperationCanceledException)
            {
                LogNotCommitted(failure, batch.Weight, pause);
                await Task.Delay(pause, time, abandon.Token);
            }
        }
    }

    // Before the rows, so that nobody sees an attempt whose log is not there yet.
    private void WriteLogs(ProjectionBatch batch)
    {
        foreach (var report in batch.Attempts.Values)
        {
            Write(report, LogStream.Out, report.Stdout);
            Write(report, LogStream.Err, report.Stderr);
        }
    }

    private void Write(AttemptReport report, LogStream stream, byte[]? content)
    {
        if (content is { Length: > 0 and <= AttemptReport.MostLogBytes })
            logs.Write(report.Run, report.Index, report.Attempt, stream, content);
    }

    [LoggerMessage(EventId = 3001, Level = LogLevel.Error,
        Message = "The tracker could not write {Rows} rows and their logs; they are kept and tried again in {Pause}. Is the disk full or the database away?")]
    private partial void LogNotCommitted(Exception failure, int rows, TimeSpan pause);
}
