using DistributedBatch.Messaging.Bus;

namespace DistributedBatch.Tracker.Retention;

/// <summary>Looks once an hour, and when something was forgotten by hand, for runs to let go of; see <see cref="TrackerOptions.Keep"/>.</summary>
internal sealed partial class RetentionService(RunRemover remover, TrackerOptions options, TimeProvider time, ILogger<RetentionService> log) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromHours(1);

    private readonly SemaphoreSlim wanted = new(0);

    /// <summary>Lets it look now.</summary>
    public void LookNow() => wanted.Release();

    /// <inheritdoc/>
    public override void Dispose()
    {
        wanted.Dispose();
        base.Dispose();
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // The producer of this process may still be waking up; an hour later is early enough for what is weeks old.
        using var timer = time.CreateTimer(_ => wanted.Release(), null, TimeSpan.FromMinutes(1), Interval);
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await wanted.WaitAsync(stoppingToken);
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
                LogLater(failure.Message);
            }
            catch (Exception failure) when (failure is not OutOfMemoryException)
            {
                LogFailed(failure);
            }
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Runs older than is kept stay for another hour: {Reason}")]
    private partial void LogLater(string reason);

    [LoggerMessage(Level = LogLevel.Error, Message = "Old runs could not be removed; the next try is in an hour.")]
    private partial void LogFailed(Exception failure);
}
