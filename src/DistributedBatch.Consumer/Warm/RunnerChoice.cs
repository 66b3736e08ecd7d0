using DistributedBatch.Consumer.Processes;

namespace DistributedBatch.Consumer.Warm;

/// <summary>Which runner runs the chunks of a run.</summary>
/// <param name="Runner">The runner.</param>
/// <param name="Mode">How it starts programs: <c>off</c>, <c>fork</c> or <c>keep</c>, never <c>auto</c>.</param>
/// <param name="Reason">Why the mode is not the one asked for, half a sentence; null when it is.</param>
public sealed record RunnerChoice(IProgramRunner Runner, WarmMode Mode, string? Reason)
{
    /// <summary>The choice as of now: a trial may have ended since it was made.</summary>
    public RunnerChoice Current => Runner is WarmStartTrial trial ? trial.Choice : this;
}
