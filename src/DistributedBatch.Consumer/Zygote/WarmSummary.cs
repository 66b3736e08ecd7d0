namespace DistributedBatch.Consumer.Zygote;

/// <summary>What warm start did for a run on this host, for the run's summary.</summary>
/// <param name="Mode">How its chunks were started: <c>off</c>, <c>fork</c> or <c>keep</c>.</param>
/// <param name="Reason">Why it is not what was asked for, half a sentence; null when it is.</param>
/// <param name="Starts">Chunks that ran warm.</param>
/// <param name="Saved">Processor time that starting them one by one would have taken more; an estimate from the zygote's own start.</param>
/// <param name="Preloaded">Modules that were imported once for all chunks.</param>
public sealed record WarmSummary(WarmMode Mode, string? Reason, long Starts, TimeSpan Saved, IReadOnlyList<string> Preloaded);
