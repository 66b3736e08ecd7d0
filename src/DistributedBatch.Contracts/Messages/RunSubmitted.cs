using DistributedBatch.Contracts.Runs;

namespace DistributedBatch.Contracts.Messages;

/// <summary>Fact from the producer: a run was accepted and is in the ledger.</summary>
/// <param name="Run">Its id.</param>
/// <param name="SubmittedAt">When it was accepted.</param>
/// <param name="Summary">What was asked for, without the items themselves.</param>
public sealed record RunSubmitted(RunId Run, DateTimeOffset SubmittedAt, RunSummarySpec Summary) : IVersioned
{
    /// <inheritdoc/>
    public int Protocol { get; init; } = Messages.Protocol.Version;
}
