using DistributedBatch.Contracts.Runs;

namespace DistributedBatch.Contracts.Messages;

/// <summary>
/// Message of the producer to all hosts: a run was cancelled, paused or resumed, or a run with kept interpreters has ended. Hosts stop its attempts (cancel) or let them
/// finish (pause), and return its queued chunks. When a run is over its chunks are settled, so hosts stop the attempts that are left, which are copies, and end its interpreters.
/// </summary>
/// <param name="Run">The run.</param>
/// <param name="State">Its state now.</param>
/// <param name="Revision">
/// The run's revision, so that a late message does not undo a newer one. A message does not apply to chunks that were dispatched at this revision or later, see
/// <see cref="RunChunk.Revision"/>.
/// </param>
public sealed record RunControlMessage(RunId Run, RunState State, long Revision) : IVersioned
{
    /// <inheritdoc/>
    public int Protocol { get; init; } = Messages.Protocol.Version;

    /// <summary>Whether every host is to send a heartbeat now, because only heartbeats tell which host runs a chunk. Hosts of older versions send theirs when it is due.</summary>
    public bool WantsHeartbeats { get; init; }

    /// <summary>Numbers of chunks that are settled, so that copies of them are stopped; null for none.</summary>
    public IReadOnlyList<int>? SettledChunks { get; init; }
}
