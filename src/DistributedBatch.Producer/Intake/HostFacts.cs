using DistributedBatch.Contracts.Messages;
using DistributedBatch.Messaging.Bus;
using DistributedBatch.Producer.Feeding;

namespace DistributedBatch.Producer.Intake;

/// <summary>What hosts say, on its way to the feed loop. A fact about an attempt is acknowledged when the ledger has committed it.</summary>
/// <param name="loop">Who hears it.</param>
/// <param name="queueSurvives">Whether what is not acknowledged is given to the next producer.</param>
internal sealed class HostFacts(FeedLoop loop, bool queueSurvives)
    : IHandle<AttemptReports>, IHandle<HostHeartbeat>, IHandle<LeaseTaken>, IHandle<ChunkDead>, IHandle<ChunksReturned>
{
    /// <inheritdoc/>
    public Task HandleAsync(AttemptReports message, CancellationToken cancellation) => KeepAsync(kept => new Input.Reports(message, kept), cancellation);

    /// <inheritdoc/>
    public Task HandleAsync(LeaseTaken message, CancellationToken cancellation) => KeepAsync(kept => new Input.Lease(message, kept), cancellation);

    /// <inheritdoc/>
    public Task HandleAsync(ChunkDead message, CancellationToken cancellation) => KeepAsync(kept => new Input.Dead(message, kept), cancellation);

    /// <inheritdoc/>
    public Task HandleAsync(ChunksReturned message, CancellationToken cancellation) => KeepAsync(kept => new Input.Returned(message, kept), cancellation);

    /// <inheritdoc/>
    public Task HandleAsync(HostHeartbeat message, CancellationToken cancellation)
    {
        loop.Post(new Input.Heartbeat(message));
        return Task.CompletedTask;
    }

    private Task KeepAsync(Func<TaskCompletionSource, Input> input, CancellationToken cancellation)
    {
        var kept = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        if (loop.Post(input(kept)))
            return kept.Task.WaitAsync(cancellation);
        // The producer has given up on its ledger and the program is about to end. With a broker the message is held until then and goes to the next
        // producer; within one process there is no next one, and holding it would only hold up the end.
        return queueSurvives ? Task.Delay(Timeout.Infinite, cancellation) : Task.CompletedTask;
    }
}
