using DistributedBatch.Contracts.Runs;

namespace DistributedBatch.Contracts.Messages;

/// <summary>A chunk that a host hands back.</summary>
/// <param name="Run">The run.</param>
/// <param name="Index">Number of the chunk.</param>
/// <param name="Attempt">The attempt it was published for, see <see cref="RunChunk.Attempt"/>.</param>
/// <param name="LostHosts">1 when a host or connection was lost with it since, otherwise 0.</param>
public sealed record ReturnedChunk(RunId Run, int Index, int Attempt, int LostHosts);
