using DistributedBatch.Contracts.Runs;

namespace DistributedBatch.Contracts.Messages;

/// <summary>
/// Event of the chunk queue: a chunk is in the dead-letter queue, because no host could read it or because the broker had to take it back too often. No attempt will
/// follow, so the ledger settles the chunk.
/// </summary>
/// <param name="Run">The run.</param>
/// <param name="Index">Number of the chunk.</param>
/// <param name="Attempt">The attempt it was published for, see <see cref="RunChunk.Attempt"/>.</param>
/// <param name="Reason">Why, in one sentence.</param>
/// <param name="At">When it was found among the dead letters.</param>
public sealed record ChunkDead(RunId Run, int Index, int Attempt, string Reason, DateTimeOffset At) : IVersioned, IHostMessage
{
    /// <summary>The host that could not read the chunk; null when the broker put it aside, and from a host that does not send its name.</summary>
    public string? Host { get; init; }

    IEnumerable<string?> IHostMessage.Speakers => [Host];

    /// <inheritdoc/>
    public int Protocol { get; init; } = Messages.Protocol.Version;
}
