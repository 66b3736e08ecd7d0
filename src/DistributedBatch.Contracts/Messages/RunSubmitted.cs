using DistributedBatch.Contracts.Runs;

namespace DistributedBatch.Contracts.Messages;

/// <summary>Event of the producer: a run was accepted and is in the ledger.</summary>
/// <param name="Run">Its id.</param>
/// <param name="SubmittedAt">When it was accepted.</param>
/// <param name="Summary">The submitted run without its items.</param>
public sealed record RunSubmitted(RunId Run, DateTimeOffset SubmittedAt, RunSummarySpec Summary) : IVersioned
{
    /// <inheritdoc/>
    public int Protocol { get; init; } = Messages.Protocol.Version;
}
