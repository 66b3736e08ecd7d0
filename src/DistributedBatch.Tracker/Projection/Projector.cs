using DistributedBatch.Tracker.Storage;

namespace DistributedBatch.Tracker.Projection;

/// <summary>
/// Folds queued messages into batches, commits each batch in one transaction, and then lets the bus acknowledge the messages.
/// </summary>
/// <remarks>
/// The projector starts before the bus and stops after it, so that the last messages of the bus are still written. When the database cannot be written, the
/// projector retries; meanwhile the broker keeps the messages, so nothing is lost.
/// </remarks>
internal sealed partial class Projector(
    ProjectionQueue queue, TrackerStore store, TrackerDatabase database, AttemptFileWriter files, ProjectionSignal signal, ProjectionOptions options, TimeProvider time,
    ILogger<Projector> log)
    : IHostedLifecycleService, IAsyncDisposable
{
    private const int MaxRows = 20_000;
    private static readonly TimeSpan UrgentInterval = TimeSpan.FromMilliseconds(5);
    private static readonly TimeSpan MaxPause = TimeSpan.FromSeconds(10);

    private readonly CancellationTokenSource stop = new();
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
        queue.Close();
        if (writing is null)
            return;
        try
        {
            await writing.WaitAsync(cancellationToken);
        }
        catch (OperationCanceledException)
        {
            await stop.CancelAsync();
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        // The container holds the projector twice, as itself and as a hosted service, and disposes it twice.
        if (Interlocked.Exchange(ref disposed, true))
            return;
        queue.Close();
        await stop.CancelAsync();
        if (writing is not null)
            await writing.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        stop.Dispose();
    }

    private async Task WriteAsync()
    {
        var messages = new List<PendingMessage>();
        while (await queue.Reader.WaitToReadAsync(stop.Token))
        {
            var batch = await CollectAsync(messages);
            var began = time.GetTimestamp();
            await CommitAsync(batch);
            signal.RaiseCommitted(batch, time.GetElapsedTime(began));
            foreach (var message in messages)
                message.Committed.TrySetResult();
            messages.Clear();
        }
    }

    private async Task<ProjectionBatch> CollectAsync(List<PendingMessage> messages)
    {
        var batch = new ProjectionBatch();
        var began = time.GetTimestamp();
        while (true)
        {
            while (batch.Weight < MaxRows && queue.Reader.TryRead(out var next))
            {
                messages.Add(next);
                batch.Fold(next.Message, next.ReceivedAt);
            }

            var interval = batch.Urgent ? UrgentInterval : options.CommitInterval;
            var left = interval - time.GetElapsedTime(began);
            if (batch.Weight >= MaxRows || left <= TimeSpan.Zero || !await HasMoreWithinAsync(left))
                return batch;
        }
    }

    private async Task<bool> HasMoreWithinAsync(TimeSpan timeout)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(stop.Token);
        limit.CancelAfter(timeout);
        try
        {
            return await queue.Reader.WaitToReadAsync(limit.Token);
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    private async Task CommitAsync(ProjectionBatch batch)
    {
        for (var pause = TimeSpan.FromMilliseconds(50); ; pause = TimeSpan.FromTicks(Math.Min(pause.Ticks * 2, MaxPause.Ticks)))
        {
            try
            {
                await files.WriteAsync(batch, stop.Token);
                await store.CommitAsync(batch, stop.Token);
                return;
            }
            catch (Exception failure) when (failure is not OperationCanceledException)
            {
                LogNotCommitted(failure, batch.Weight, pause, database.Explain(failure));
                await Task.Delay(pause, time, stop.Token);
            }
        }
    }

    [LoggerMessage(EventId = 3001, Level = LogLevel.Error,
        Message = "The tracker could not write {Rows} rows. It tries again in {Pause}; no message is lost. {Reason}")]
    private partial void LogNotCommitted(Exception failure, int rows, TimeSpan pause, string? reason);
}
