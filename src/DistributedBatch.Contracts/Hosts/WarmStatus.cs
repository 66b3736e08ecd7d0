using DistributedBatch.Contracts.Runs;

namespace DistributedBatch.Contracts.Hosts;

/// <summary>What warm start does for a run on one host.</summary>
/// <param name="Run">The run.</param>
/// <param name="Mode">How its chunks are started there: <c>off</c>, <c>fork</c> or <c>keep</c>.</param>
/// <param name="Reason">Why it is not what was asked for, half a sentence; null when it is.</param>
/// <param name="Starts">Chunks that ran warm there.</param>
/// <param name="SavedSeconds">Processor time that starting them one by one would have taken more; an estimate from the preloaded interpreter's own start.</param>
/// <param name="Preloaded">Packages that were imported once for all chunks.</param>
public sealed record WarmStatus(RunId Run, WarmMode Mode, string? Reason, long Starts, double SavedSeconds, IReadOnlyList<string> Preloaded);
