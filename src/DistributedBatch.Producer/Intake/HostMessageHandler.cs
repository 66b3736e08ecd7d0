using DistributedBatch.Contracts.Messages;
using DistributedBatch.Messaging.Bus;
using DistributedBatch.Producer.Dispatch;

namespace DistributedBatch.Producer.Intake;

/// <summary>What hosts say, on its way to the feed loop. A fact about an attempt is acknowledged when the ledger has committed it.</summary>
/// <param name="loop">Who hears it.</param>
/// <param name="queueSurvives">Whether what is not acknowledged is given to the next producer.</param>
internal sealed class HostMessageHandler(ProducerLoop loop, bool queueSurvives)
    : IMessageHandler<AttemptReports>, IMessageHandler<HostHeartbeat>, IMessageHandler<LeaseTaken>, IMessageHandler<ChunkDead>, IMessageHandler<ChunksReturned>
{
    /// <inheritdoc/>
    public Task HandleAsync(AttemptReports message, CancellationToken cancellation) => KeepAsync(kept => new LoopMessage.Reports(message, kept), cancellation);

    /// <inheritdoc/>
    public Task HandleAsync(LeaseTaken message, CancellationToken cancellation) => KeepAsync(kept => new LoopMessage.Lease(message, kept), cancellation);

    /// <inheritdoc/>
    public Task HandleAsync(ChunkDead message, CancellationToken cancellation) => KeepAsync(kept => new LoopMessage.Dead(message, kept), cancellation);

    /// <inheritdoc/>
    public Task HandleAsync(ChunksReturned message, CancellationToken cancellation) => KeepAsync(kept => new LoopMessage.Returned(message, kept), cancellation);

    /// <inheritdoc/>
    public Task HandleAsync(HostHeartbeat message, CancellationToken cancellation)
    {
        loop.Post(new LoopMessage.Heartbeat(message));
        return Task.CompletedTask;
    }

    private Task KeepAsync(Func<TaskCompletionSource, LoopMessage> input, CancellationToken cancellation)
    {
        var kept = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        if (loop.Post(input(kept)))
            return kept.Task.WaitAsync(cancellation);
        // The producer has given up on its ledger and the program is about to end. With a broker the message is held until then and goes to the next
        // producer; within one process there is no next one, and holding it would only hold up the end.
        return queueSurvives ? Task.Delay(Timeout.Infinite, cancellation) : Task.CompletedTask;
    }
}
