using DistributedBatch.Consumer.Processes;

namespace DistributedBatch.Consumer.Warm;

/// <summary>How the chunks of a run are started.</summary>
/// <param name="Runner">Runs them.</param>
/// <param name="Mode"><c>off</c>, <c>fork</c> or <c>keep</c>; never <c>auto</c>.</param>
/// <param name="Reason">Why it is not what was asked for, half a sentence; null when it is.</param>
public sealed record WarmChoice(IProgramRunner Runner, WarmMode Mode, string? Reason)
{
    /// <summary>The choice as it stands now: a trial in both ways may have ended since it was made.</summary>
    public WarmChoice Now => Runner is WarmStartTrial canary ? canary.Choice : this;
}
