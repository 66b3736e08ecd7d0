using DistributedBatch.Contracts.Runs;

namespace DistributedBatch.Contracts.Messages;

/// <summary>A chunk that a host hands back.</summary>
/// <param name="Run">The run.</param>
/// <param name="Index">Number of the chunk.</param>
/// <param name="Attempt">The attempt it was published for, see <see cref="RunChunk.Attempt"/>.</param>
/// <param name="LostHosts">How often the broker had to take it back from lost hosts since.</param>
public sealed record ReturnedChunk(RunId Run, int Index, int Attempt, int LostHosts);
