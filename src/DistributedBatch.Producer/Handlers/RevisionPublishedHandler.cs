using DistributedBatch.Producer.Inbox;
using DistributedBatch.Producer.Outbox;
using DistributedBatch.Producer.Runs;

namespace DistributedBatch.Producer.Handlers;

/// <summary>A revision of a run was published: the next commit stores that, so that the next producer does not publish it again.</summary>
internal sealed class RevisionPublishedHandler(GroupCommit commit) : LoopHandler<RevisionPublished>
{
    /// <inheritdoc/>
    protected override ValueTask<object?> HandleAsync(RevisionPublished message, DateTimeOffset now, CancellationToken cancellation)
    {
        commit.RecordPublished(message.Run, message.Revision);
        return default;
    }
}
