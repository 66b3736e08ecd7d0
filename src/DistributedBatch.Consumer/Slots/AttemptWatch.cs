using DistributedBatch.Consumer.Logs;
using DistributedBatch.Consumer.Reporting;
using DistributedBatch.Messaging.Bus;

namespace DistributedBatch.Consumer.Slots;

/// <summary>
/// Looks after attempts that run for a while, by one timer for all of them: tells that they started, keeps their logs from filling the disk, and turns
/// deliveries the broker would soon take back into leases.
/// </summary>
internal sealed partial class AttemptWatch(
    RunningAttempts running, Reporter reporter, MessageBus bus, ConsumerOptions options, TimeProvider time, ILogger<AttemptWatch> logger)
{
    /// <summary>Attempts shorter than this are told of once, when they end.</summary>
    public static readonly TimeSpan Every = TimeSpan.FromMilliseconds(100);

    private readonly LogStore logs = new(options.LogHeadBytes, options.LogTailBytes);

    /// <summary>Looks until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        using var timer = new PeriodicTimer(Every, time);
        while (await timer.WaitForNextTickAsync(cancellation))
            await LookAsync(cancellation);
    }

    /// <summary>One look.</summary>
    internal async Task LookAsync(CancellationToken cancellation)
    {
        var now = time.GetUtcNow();
        foreach (var attempt in running.All)
        {
            var age = now - attempt.StartedAt;
            if (age < Every)
                continue;
            attempt.AnnounceOnce(started => reporter.Add(started.Report(options.Host), settles: null));
            logs.Punch(attempt.Scratch.Stdout);
            logs.Punch(attempt.Scratch.Stderr);
            if (options.AckTimeout is { } limit && !attempt.Leased && age >= limit * 2 / 3)
                await LeaseAsync(attempt, now, cancellation);
        }
    }

    private async Task LeaseAsync(ActiveAttempt attempt, DateTimeOffset now, CancellationToken cancellation)
    {
        try
        {
            await bus.PublishAsync(new LeaseTaken(attempt.Chunk.Run, attempt.Chunk.Index, attempt.Number, options.Host, now), cancellation);
            if (!attempt.Lease())
                return;
            await attempt.Delivery.AcknowledgeAsync();
            if (attempt.LeaveLane is { } leave)
                await leave();
        }
        catch (Exception failure) when (failure is not OperationCanceledException and not OutOfMemoryException)
        {
            // The next look tries again; there is a third of the timeout left for it.
            NotLeased(logger, attempt.Chunk.Index, attempt.Chunk.Run.Value, failure.Message);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Chunk {Index} of run {Run} could not be leased yet: {Cause}")]
    private static partial void NotLeased(ILogger logger, int index, string run, string cause);
}
