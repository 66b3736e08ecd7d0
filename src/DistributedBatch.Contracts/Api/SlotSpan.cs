using DistributedBatch.Contracts.Chunks;
using DistributedBatch.Contracts.Runs;

namespace DistributedBatch.Contracts.Api;

/// <summary>An attempt that ended, as a stretch of time in the slot it had.</summary>
/// <param name="Slot">The slot.</param>
/// <param name="Run">The run.</param>
/// <param name="Index">Number of the chunk.</param>
/// <param name="Attempt">Number of the attempt.</param>
/// <param name="StartedAt">When it started, by the host's clock.</param>
/// <param name="Seconds">Its wall time.</param>
/// <param name="Outcome">How it ended.</param>
public sealed record SlotSpan(int Slot, RunId Run, int Index, int Attempt, DateTimeOffset StartedAt, double Seconds, AttemptOutcome Outcome);
