using DistributedBatch.Contracts.Runs;

namespace DistributedBatch.Contracts.Hosts;

/// <summary>An attempt that runs on a host.</summary>
/// <param name="Run">The run.</param>
/// <param name="Index">Number of the chunk.</param>
/// <param name="Attempt">Number of the attempt.</param>
/// <param name="Slot">The slot it has.</param>
/// <param name="StartedAt">When it started, by the host's clock.</param>
/// <param name="Leased">Whether it is kept by heartbeats rather than by an unacknowledged delivery.</param>
/// <param name="Class">Resource class of its slot; null from a host that does not send it.</param>
public sealed record RunningAttempt(RunId Run, int Index, int Attempt, int Slot, DateTimeOffset StartedAt, bool Leased = false, string? Class = null);
