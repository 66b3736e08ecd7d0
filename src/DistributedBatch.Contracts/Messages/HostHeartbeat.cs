using DistributedBatch.Contracts.Hosts;

namespace DistributedBatch.Contracts.Messages;

/// <summary>Event of a host, every few seconds: its status and its running attempts.</summary>
/// <param name="Host">The machine as it is now.</param>
/// <param name="At">By the host's clock.</param>
/// <param name="Running">The attempts that run on it.</param>
/// <param name="Stopping">True in the last heartbeat of a host that stops.</param>
public sealed record HostHeartbeat(HostStatus Host, DateTimeOffset At, IReadOnlyList<RunningAttempt> Running, bool Stopping = false) : IVersioned, IHostMessage
{
    IEnumerable<string?> IHostMessage.Speakers => [Host?.Name];

    /// <inheritdoc/>
    public int Protocol { get; init; } = Messages.Protocol.Version;

    /// <summary>A number that the consumer drew at its start, to tell two consumers with the same host name apart; null from a host that does not send it.</summary>
    public Guid? Instance { get; init; }

    /// <summary>Whether the host waits for its <see cref="HostAdmission"/> before it takes chunks.</summary>
    public bool Joining { get; init; }
}
