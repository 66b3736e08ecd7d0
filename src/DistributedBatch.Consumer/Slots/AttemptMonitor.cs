using System.Collections.Concurrent;
using DistributedBatch.Consumer.Attempts;
using DistributedBatch.Consumer.Logs;
using DistributedBatch.Consumer.Reporting;
using DistributedBatch.Messaging.Bus;

namespace DistributedBatch.Consumer.Slots;

/// <summary>
/// Looks after attempts that run for a while, with one timer for all: reports that they started, keeps their logs from filling the disk, and leases
/// their chunks before the broker takes the deliveries back.
/// </summary>
internal sealed class AttemptMonitor(
    RunningAttempts running, Reporter reporter, MessageBus bus, LogStore logs, LeaseOptions options, HostTroubles troubles, TimeProvider time)
{
    /// <summary>Time between two checks. Shorter attempts are reported only once, when they end.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(100);

    // A broker that is there confirms much sooner. After this time the message is sent again.
    private static readonly TimeSpan LeaseTimeout = TimeSpan.FromSeconds(30);

    private const string Leases = "leases";

    private readonly ConcurrentDictionary<ActiveAttempt, byte> leasing = new();

    /// <summary>Checks until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        using var timer = new PeriodicTimer(Interval, time);
        while (await timer.WaitForNextTickAsync(cancellation))
            Check(cancellation);
    }

    private void Check(CancellationToken cancellation)
    {
        var due = false;
        foreach (var attempt in running.All)
        {
            var age = time.GetElapsedTime(attempt.StartedTimestamp);
            if (age < Interval)
                continue;
            attempt.ReportStart(report => reporter.Add(report, settles: null));
            logs.PunchHole(attempt.Scratch.Stdout);
            logs.PunchHole(attempt.Scratch.Stderr);
            if (options.AckTimeout is not { } limit || attempt.Leased || age < limit * 2 / 3)
                continue;
            due = true;
            _ = LeaseAsync(attempt, cancellation);
        }

        if (!due)
            troubles.Resolve(Leases);
    }

    // Not awaited: while the broker is away, nothing else may wait for it.
    private async Task LeaseAsync(ActiveAttempt attempt, CancellationToken cancellation)
    {
        if (!leasing.TryAdd(attempt, 0))
            return;
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(LeaseTimeout);
        try
        {
            await bus.PublishAsync(new LeaseTaken(attempt.Chunk.Run, attempt.Chunk.Index, attempt.Number, attempt.Host, time.GetUtcNow()), limit.Token);
            if (attempt.Lease())
                await attempt.Delivery.LeaseAsync();
            troubles.Resolve(Leases);
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            // The host ends.
        }
        catch (Exception failure) when (failure is not OutOfMemoryException)
        {
            // The next check tries again. A third of the timeout is left for it.
            var cause = failure is OperationCanceledException ? $"the broker did not confirm within {LeaseTimeout.TotalSeconds:0} s" : failure.Message.TrimEnd('.');
            troubles.Report(Leases, $"chunk {attempt.Chunk.Index} of run {attempt.Chunk.Run} could not be leased yet: {cause}; it is tried again");
        }
        finally
        {
            leasing.TryRemove(attempt, out _);
        }
    }
}
