using DistributedBatch.Producer.Inbox;
using DistributedBatch.Producer.Runs;

namespace DistributedBatch.Producer.Handlers;

/// <summary>Code in this process wants everything about a run to be published once more.</summary>
internal sealed class PublishRunAgainHandler(RunUpdates updates) : LoopHandler<PublishRunAgain>
{
    /// <inheritdoc/>
    protected override async ValueTask<object?> HandleAsync(PublishRunAgain message, DateTimeOffset now, CancellationToken cancellation)
    {
        await updates.PublishAgainAsync(message.Run, cancellation);
        return null;
    }
}
