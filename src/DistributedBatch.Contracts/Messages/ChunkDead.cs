using DistributedBatch.Contracts.Runs;

namespace DistributedBatch.Contracts.Messages;

/// <summary>
/// Fact from the chunk queue: a chunk was put aside, because no host could read it or because the broker had to take it back too often. No attempt
/// will come of it, so the ledger settles it or feeds it again.
/// </summary>
/// <param name="Run">The run.</param>
/// <param name="Index">Number of the chunk.</param>
/// <param name="Attempt">The attempt it was published for, see <see cref="RunChunk.Attempt"/>.</param>
/// <param name="Reason">One sentence on why it was put aside.</param>
/// <param name="At">When it was found among the dead letters.</param>
public sealed record ChunkDead(RunId Run, int Index, int Attempt, string Reason, DateTimeOffset At) : IVersioned
{
    /// <inheritdoc/>
    public int Protocol { get; init; } = Messages.Protocol.Version;
}
