using DistributedBatch.Consumer.Gpus;
using DistributedBatch.Consumer.Reporting;
using DistributedBatch.Consumer.Slots;
using DistributedBatch.Consumer.Threads;
using DistributedBatch.Consumer.Tuning;

namespace DistributedBatch.Consumer;

/// <summary>The loops of a consumer that run beside its slots.</summary>
internal sealed class ConsumerLoops(
    HostStatusReader status,
    HeartbeatLoop heartbeats,
    GpuAllocator gpus,
    AttemptMonitor attempts,
    ThreadMonitor threads,
    ResourceController resources,
    IdleExit idleExit)
{
    /// <summary>Runs all loops until cancelled.</summary>
    public Task RunAsync(CancellationToken cancellation) => Task.WhenAll(
        UntilCancelled(token => heartbeats.RunAsync(status.Read, token), cancellation),
        UntilCancelled(gpus.RunAsync, cancellation),
        UntilCancelled(attempts.RunAsync, cancellation),
        UntilCancelled(threads.RunAsync, cancellation),
        UntilCancelled(resources.RunAsync, cancellation),
        UntilCancelled(idleExit.RunAsync, cancellation));

    private static Task UntilCancelled(Func<CancellationToken, Task> loop, CancellationToken cancellation) => Task.Run(
        async () =>
        {
            try
            {
                await loop(cancellation);
            }
            catch (OperationCanceledException)
            {
                // The usual end.
            }
        },
        CancellationToken.None);
}
