using DistributedBatch.Producer.Inbox;
using DistributedBatch.Producer.Ledger;
using DistributedBatch.Producer.Outbox;
using DistributedBatch.Producer.Runs;

namespace DistributedBatch.Producer.Handlers;

/// <summary>A chunk is in the dead-letter queue: it fails, and a report says why.</summary>
internal sealed partial class ChunkDeadHandler(RunRegistry runs, OutboxPublisher outbox, ILogger<ChunkDeadHandler> log) : LoopHandler<ChunkDead>
{
    /// <inheritdoc/>
    protected override async ValueTask<object?> HandleAsync(ChunkDead message, DateTimeOffset now, CancellationToken cancellation)
    {
        if (runs.Find(message.Run) is not { } run || run.Ledger.DeadLetter(message.Index, message.Attempt, message.Host, now) != SettleResult.Failed)
            return null;
        LogFailed(message.Run, message.Index, message.Reason);
        await outbox.PublishAsync(message, run.Ledger.RangeOf(message.Index), cancellation);
        return null;
    }

    [LoggerMessage(2011, LogLevel.Error, "Chunk {Index} of run {Run} failed, because it was put aside: {Reason}")]
    private partial void LogFailed(RunId run, int index, string reason);
}
