using DistributedBatch.Consumer.Attempts;
using DistributedBatch.Consumer.Logs;
using DistributedBatch.Consumer.Reporting;
using DistributedBatch.Messaging.Bus;

namespace DistributedBatch.Consumer.Slots;

/// <summary>
/// Looks after attempts that run for a while, with one timer for all: reports that they started, keeps their logs from filling the disk, and leases
/// their chunks before the broker takes the deliveries back.
/// </summary>
internal sealed partial class AttemptMonitor(
    RunningAttempts running, Reporter reporter, MessageBus bus, LogStore logs, LeaseOptions options, TimeProvider time, ILogger<AttemptMonitor> logger)
{
    /// <summary>Time between two checks. Shorter attempts are reported only once, when they end.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(100);

    /// <summary>Checks until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        using var timer = new PeriodicTimer(Interval, time);
        while (await timer.WaitForNextTickAsync(cancellation))
            await CheckAsync(cancellation);
    }

    private async Task CheckAsync(CancellationToken cancellation)
    {
        foreach (var attempt in running.All)
        {
            var age = time.GetElapsedTime(attempt.StartedTimestamp);
            if (age < Interval)
                continue;
            attempt.ReportStart(report => reporter.Add(report, settles: null));
            logs.PunchHole(attempt.Scratch.Stdout);
            logs.PunchHole(attempt.Scratch.Stderr);
            if (options.AckTimeout is { } limit && !attempt.Leased && age >= limit * 2 / 3)
                await LeaseAsync(attempt, cancellation);
        }
    }

    private async Task LeaseAsync(ActiveAttempt attempt, CancellationToken cancellation)
    {
        try
        {
            await bus.PublishAsync(new LeaseTaken(attempt.Chunk.Run, attempt.Chunk.Index, attempt.Number, attempt.Host, time.GetUtcNow()), cancellation);
            if (!attempt.Lease())
                return;
            await attempt.Delivery.LeaseAsync();
        }
        catch (Exception failure) when (failure is not OperationCanceledException and not OutOfMemoryException)
        {
            // The next check tries again. A third of the timeout is left for it.
            NotLeased(logger, attempt.Chunk.Index, attempt.Chunk.Run.Value, failure.Message);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Chunk {Index} of run {Run} could not be leased yet: {Cause}")]
    private static partial void NotLeased(ILogger logger, int index, string run, string cause);
}
