using DistributedBatch.Producer.Hosts;
using DistributedBatch.Producer.Inbox;
using DistributedBatch.Producer.Outbox;

namespace DistributedBatch.Producer.Handlers;

/// <summary>A consumer of an older version is told to stop: its reports are refused, so that what it runs would be lost.</summary>
internal sealed class UnnamedHostHandler(OutboxPublisher outbox) : LoopHandler<UnnamedHost>
{
    /// <inheritdoc/>
    protected override async ValueTask<object?> HandleAsync(UnnamedHost message, DateTimeOffset now, CancellationToken cancellation)
    {
        await outbox.PublishAsync(
            new HostControlMessage(message.Host, OnHold: null, For: null)
            {
                Admission = new HostAdmission(
                    message.Instance, "Its messages do not name the broker user that sends them, and this lab requires that. Install the version of the server on this host.", []),
            },
            cancellation);
        return null;
    }
}
