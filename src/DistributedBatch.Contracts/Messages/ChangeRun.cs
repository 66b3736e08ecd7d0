using DistributedBatch.Contracts.Runs;

namespace DistributedBatch.Contracts.Messages;

/// <summary>Request to the producer: steer a run. Answered by <see cref="RunAnswer"/>.</summary>
/// <param name="Run">The run.</param>
/// <param name="Action">What to do with it.</param>
public sealed record ChangeRun(RunId Run, RunAction Action)
{
    /// <summary>See <see cref="Messages.Protocol.Version"/>.</summary>
    public int Protocol { get; init; } = Messages.Protocol.Version;
}
