using DistributedBatch.Contracts.Runs;

namespace DistributedBatch.Contracts.Messages;

/// <summary>A chunk that a host returns.</summary>
/// <param name="Run">The run.</param>
/// <param name="Index">Number of the chunk.</param>
/// <param name="Attempt">The attempt it was published for, see <see cref="RunChunk.Attempt"/>.</param>
/// <param name="LostHosts">1 when the broker had taken it back from a host or connection since it was published, otherwise 0.</param>
public sealed record ReturnedChunk(RunId Run, int Index, int Attempt, int LostHosts);
