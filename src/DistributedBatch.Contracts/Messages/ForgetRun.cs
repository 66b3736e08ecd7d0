using DistributedBatch.Contracts.Runs;

namespace DistributedBatch.Contracts.Messages;

/// <summary>
/// Request to the producer: drop a settled run and its chunks from the ledger, for good. The response is a <see cref="RunCommandResult"/>;
/// an unknown run counts as forgotten.
/// </summary>
/// <param name="Run">The run.</param>
public sealed record ForgetRun(RunId Run) : IVersioned
{
    /// <inheritdoc/>
    public int Protocol { get; init; } = Messages.Protocol.Version;
}
