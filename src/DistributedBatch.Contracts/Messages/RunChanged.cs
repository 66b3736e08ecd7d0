using DistributedBatch.Contracts.Chunks;
using DistributedBatch.Contracts.Runs;

namespace DistributedBatch.Contracts.Messages;

/// <summary>Event of the producer after each commit, one for each run: the state of the run and the chunks that changed.</summary>
public sealed record RunChanged : IVersioned
{
    /// <inheritdoc/>
    public int Protocol { get; init; } = Messages.Protocol.Version;

    /// <summary>The run.</summary>
    public required RunId Run { get; init; }

    /// <summary>Grows with every change of the run; the largest one wins.</summary>
    public required long Revision { get; init; }

    /// <summary>State of the run.</summary>
    public required RunState State { get; init; }

    /// <summary>Chunks by state.</summary>
    public required ChunkCounts Counts { get; init; }

    /// <summary>Items in succeeded chunks.</summary>
    public required long ItemsSucceeded { get; init; }

    /// <summary>When the ledger committed this.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>When the run was accepted.</summary>
    public required DateTimeOffset SubmittedAt { get; init; }

    /// <summary>When the run was settled; null while it is not.</summary>
    public DateTimeOffset? FinishedAt { get; init; }

    /// <summary>The changed chunks; empty when only the run itself changed.</summary>
    public IReadOnlyList<ChunkChange> Chunks { get; init; } = [];

    /// <summary>Why the run is in that state, for instance cancelled by <c>--max-failures</c>; null where that is plain.</summary>
    public string? Reason { get; init; }
}
