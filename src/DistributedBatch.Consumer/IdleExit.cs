using DistributedBatch.Consumer.Attempts;
using Microsoft.Extensions.Hosting;

namespace DistributedBatch.Consumer;

/// <summary>Ends the program when the host had no attempt for <see cref="ConsumerOptions.IdleExit"/>.</summary>
internal sealed partial class IdleExit(
    ConsumerOptions options, RunningAttempts running, IHostApplicationLifetime lifetime, TimeProvider time, ILogger<IdleExit> logger)
{
    /// <summary>Waits until the host was idle for long enough; returns at once when no limit is set.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        if (options.IdleExit is not { } limit)
            return;
        var interval = TimeSpan.FromMilliseconds(Math.Clamp(limit.TotalMilliseconds / 10, 10, 1000));
        var idleSince = time.GetTimestamp();
        var ended = running.Totals().Chunks;
        while (time.GetElapsedTime(idleSince) < limit)
        {
            await Task.Delay(interval, time, cancellation);
            if (running.Count > 0 || running.Totals().Chunks != ended)
                (idleSince, ended) = (time.GetTimestamp(), running.Totals().Chunks);
        }

        Idle(logger, limit.TotalSeconds);
        lifetime.StopApplication();
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "No chunk for {Seconds} s; the program ends.")]
    private static partial void Idle(ILogger logger, double seconds);
}
