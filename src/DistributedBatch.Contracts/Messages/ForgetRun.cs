using DistributedBatch.Contracts.Runs;

namespace DistributedBatch.Contracts.Messages;

/// <summary>
/// Request to the producer: drop a settled run and its chunks from the ledger, for good. Answered by <see cref="RunCommandResult"/>; a run it does not know is
/// forgotten already.
/// </summary>
/// <param name="Run">The run.</param>
public sealed record ForgetRun(RunId Run) : IVersioned
{
    /// <inheritdoc/>
    public int Protocol { get; init; } = Messages.Protocol.Version;
}
