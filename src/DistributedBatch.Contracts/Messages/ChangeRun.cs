using DistributedBatch.Contracts.Runs;

namespace DistributedBatch.Contracts.Messages;

/// <summary>Request to the producer: change the state of a run. The response is a <see cref="RunCommandResult"/>.</summary>
/// <param name="Run">The run.</param>
/// <param name="Action">What to do with it.</param>
public sealed record ChangeRun(RunId Run, RunAction Action) : IVersioned
{
    /// <inheritdoc/>
    public int Protocol { get; init; } = Messages.Protocol.Version;
}
