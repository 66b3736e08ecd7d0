using DistributedBatch.Consumer.Attempts;
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
    IdleExit idleExit,
    HostTroubles troubles,
    TimeProvider time)
{
    private static readonly TimeSpan RestartDelay = TimeSpan.FromSeconds(5);

    // After this time without another failure, the trouble of a loop is over.
    private static readonly TimeSpan Proven = TimeSpan.FromMinutes(1);

    /// <summary>Runs all loops until cancelled. A loop that fails is started again, and the others go on.</summary>
    public Task RunAsync(CancellationToken cancellation) => Task.WhenAll(
        KeepRunning("heartbeats", token => heartbeats.RunAsync(status.Read, token), cancellation),
        KeepRunning("the search for GPUs", gpus.RunAsync, cancellation),
        KeepRunning("the watch over attempts", attempts.RunAsync, cancellation),
        KeepRunning("the watch over threads", threads.RunAsync, cancellation),
        KeepRunning("the control of slots and memory", resources.RunAsync, cancellation),
        KeepRunning("the end after idle time", idleExit.RunAsync, cancellation));

    private Task KeepRunning(string name, Func<CancellationToken, Task> loop, CancellationToken cancellation) => Task.Run(
        async () =>
        {
            while (!cancellation.IsCancellationRequested)
            {
                var proving = time.CreateTimer(_ => troubles.Resolve(name), null, Proven, Timeout.InfiniteTimeSpan);
                try
                {
                    await loop(cancellation);
                    return;
                }
                catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
                {
                    return;
                }
                catch (Exception failure) when (failure is not OutOfMemoryException)
                {
                    troubles.Report(name, $"{name} failed and begins again: {failure.Message.TrimEnd('.')}");
                    await Task.Delay(RestartDelay, time, cancellation).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                }
                finally
                {
                    await proving.DisposeAsync();
                }
            }
        },
        CancellationToken.None);
}
