using DistributedBatch.Contracts.Hosts;

namespace DistributedBatch.Contracts.Messages;

/// <summary>Event of a host, every few seconds: its status and its running attempts.</summary>
/// <param name="Host">The machine as it is now.</param>
/// <param name="At">By the host's clock.</param>
/// <param name="Running">The attempts that run on it.</param>
/// <param name="Stopping">True in the last heartbeat of a host that stops.</param>
public sealed record HostHeartbeat(HostStatus Host, DateTimeOffset At, IReadOnlyList<RunningAttempt> Running, bool Stopping = false) : IVersioned
{
    /// <inheritdoc/>
    public int Protocol { get; init; } = Messages.Protocol.Version;
}
