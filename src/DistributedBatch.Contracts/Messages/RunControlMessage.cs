using DistributedBatch.Contracts.Runs;

namespace DistributedBatch.Contracts.Messages;

/// <summary>
/// Message of the producer to all hosts: a run was cancelled, paused or resumed, or a run with kept interpreters has ended. Hosts stop its attempts (cancel) or let them
/// finish (pause), and return its queued chunks; interpreters are ended with their run.
/// </summary>
/// <param name="Run">The run.</param>
/// <param name="State">Its state now.</param>
/// <param name="Revision">The run's revision, so that a late message does not undo a newer one.</param>
public sealed record RunControlMessage(RunId Run, RunState State, long Revision) : IVersioned
{
    /// <inheritdoc/>
    public int Protocol { get; init; } = Messages.Protocol.Version;
}
