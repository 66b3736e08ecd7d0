using DistributedBatch.Contracts.Messages;
using DistributedBatch.Messaging.Bus;
using DistributedBatch.Producer.Feeding;

namespace DistributedBatch.Producer.Intake;

/// <summary>What hosts say, on its way to the feed loop. A fact about an attempt is acknowledged when the ledger has committed it.</summary>
internal sealed class HostFacts(FeedLoop loop) : IHandle<AttemptReports>, IHandle<HostHeartbeat>, IHandle<LeaseTaken>, IHandle<ChunkDead>
{
    /// <inheritdoc/>
    public Task HandleAsync(AttemptReports message, CancellationToken cancellation) => KeepAsync(kept => new Input.Reports(message, kept), cancellation);

    /// <inheritdoc/>
    public Task HandleAsync(LeaseTaken message, CancellationToken cancellation) => KeepAsync(kept => new Input.Lease(message, kept), cancellation);

    /// <inheritdoc/>
    public Task HandleAsync(ChunkDead message, CancellationToken cancellation) => KeepAsync(kept => new Input.Dead(message, kept), cancellation);

    /// <inheritdoc/>
    public Task HandleAsync(HostHeartbeat message, CancellationToken cancellation)
    {
        loop.Post(new Input.Heartbeat(message));
        return Task.CompletedTask;
    }

    private Task KeepAsync(Func<TaskCompletionSource, Input> input, CancellationToken cancellation)
    {
        var kept = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        // A stopped producer acknowledges nothing: the message is given to the next one.
        return loop.Post(input(kept))
            ? kept.Task.WaitAsync(cancellation)
            : Task.FromException(new OperationCanceledException("The producer has stopped."));
    }
}
