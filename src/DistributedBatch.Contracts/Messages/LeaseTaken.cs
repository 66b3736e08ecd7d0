using DistributedBatch.Contracts.Runs;

namespace DistributedBatch.Contracts.Messages;

/// <summary>
/// Event of a host: an attempt runs longer than the broker lets a delivery be held. The host acknowledges the delivery, and its heartbeats keep the chunk from now on. When
/// they stop, the producer dispatches the chunk again.
/// </summary>
/// <param name="Run">The run.</param>
/// <param name="Index">Number of the chunk.</param>
/// <param name="Attempt">Number of the attempt.</param>
/// <param name="Host">The host that holds the lease.</param>
/// <param name="At">When it was taken, by the host's clock.</param>
public sealed record LeaseTaken(RunId Run, int Index, int Attempt, string Host, DateTimeOffset At) : IVersioned, IHostMessage
{
    IEnumerable<string?> IHostMessage.Speakers => [Host];

    /// <inheritdoc/>
    public int Protocol { get; init; } = Messages.Protocol.Version;
}
