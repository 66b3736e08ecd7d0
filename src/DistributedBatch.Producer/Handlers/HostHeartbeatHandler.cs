using DistributedBatch.Producer.Hosts;
using DistributedBatch.Producer.Inbox;

namespace DistributedBatch.Producer.Handlers;

/// <summary>A host is online: its slots count, and its attempts are known to run.</summary>
internal sealed class HostHeartbeatHandler(HostSupervisor supervisor) : LoopHandler<HostHeartbeat>
{
    /// <inheritdoc/>
    protected override async ValueTask<object?> HandleAsync(HostHeartbeat message, DateTimeOffset now, CancellationToken cancellation)
    {
        // The heartbeat is kept, and a null would fail in a later round, which belongs to no message.
        if (message.Host is not { Name: not null, Classes: not null } || message.Running?.Contains(null!) != false)
            throw new ArgumentException("The heartbeat lacks its host, the host's classes or its running attempts.", nameof(message));
        await supervisor.RecordAsync(message, now, cancellation);
        return null;
    }
}
