using DistributedBatch.Contracts.Hosts;

namespace DistributedBatch.Contracts.Messages;

/// <summary>Fact from a host, every few seconds: it lives, this is its load, these are its attempts.</summary>
/// <param name="Host">The machine as it is now.</param>
/// <param name="At">By the host's clock.</param>
/// <param name="Running">The attempts that run on it.</param>
/// <param name="Stopping">True in the last heartbeat of a host that leaves in good order.</param>
public sealed record HostHeartbeat(HostStatus Host, DateTimeOffset At, IReadOnlyList<RunningAttempt> Running, bool Stopping = false) : IVersioned
{
    /// <inheritdoc/>
    public int Protocol { get; init; } = Messages.Protocol.Version;
}
