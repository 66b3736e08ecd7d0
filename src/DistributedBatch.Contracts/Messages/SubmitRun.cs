using DistributedBatch.Contracts.Runs;

namespace DistributedBatch.Contracts.Messages;

/// <summary>Request to the producer: accept a run. The response is a <see cref="RunCommandResult"/>.</summary>
/// <param name="Spec">The run as asked for.</param>
public sealed record SubmitRun(RunSpec Spec) : IVersioned
{
    /// <inheritdoc/>
    public int Protocol { get; init; } = Messages.Protocol.Version;
}
