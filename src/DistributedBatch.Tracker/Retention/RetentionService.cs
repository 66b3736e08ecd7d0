using DistributedBatch.Messaging.Bus;

namespace DistributedBatch.Tracker.Retention;

/// <summary>Removes expired runs once an hour, and runs that a user removed at once. See <see cref="RetentionOptions.Keep"/>.</summary>
internal sealed partial class RetentionService(RunRemover remover, RetentionOptions options, TimeProvider time, ILogger<RetentionService> log) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromHours(1);

    private readonly SemaphoreSlim requested = new(0);

    /// <summary>Removes runs now.</summary>
    public void RunNow() => requested.Release();

    /// <inheritdoc/>
    public override void Dispose()
    {
        requested.Dispose();
        base.Dispose();
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // The producer of this process may still be starting. If it does not answer, the next try in an hour is early enough.
        using var timer = time.CreateTimer(_ => requested.Release(), null, TimeSpan.FromMinutes(1), Interval);
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await requested.WaitAsync(stoppingToken);
                if (options.Keep is { } keep)
                    await remover.ExpireAsync(keep, stoppingToken);
                await remover.CleanAsync(stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (RequestUnansweredException failure)
            {
                LogPostponed(failure.Message);
            }
            catch (Exception failure) when (failure is not OutOfMemoryException)
            {
                LogFailed(failure);
            }
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Expired runs are kept for another hour: {Reason}")]
    private partial void LogPostponed(string reason);

    [LoggerMessage(Level = LogLevel.Error, Message = "Expired runs could not be removed. The next try is in an hour.")]
    private partial void LogFailed(Exception failure);
}
