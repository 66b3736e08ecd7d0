using DistributedBatch.Contracts.Runs;

namespace DistributedBatch.Contracts.Messages;

/// <summary>
/// Broadcast from the producer to all hosts when a run was cancelled, paused or resumed: hosts stop (cancel) or let finish (pause) its attempts and
/// hand back its queued chunks.
/// </summary>
/// <param name="Run">The run.</param>
/// <param name="State">Its state now.</param>
/// <param name="Revision">The run's revision, so that a late broadcast does not undo a newer one.</param>
public sealed record RunControlMessage(RunId Run, RunState State, long Revision) : IVersioned
{
    /// <inheritdoc/>
    public int Protocol { get; init; } = Messages.Protocol.Version;
}
