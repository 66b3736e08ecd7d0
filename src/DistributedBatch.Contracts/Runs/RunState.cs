using System.Text.Json.Serialization;
using DistributedBatch.Contracts.Text;

namespace DistributedBatch.Contracts.Runs;

/// <summary>Where a run stands; drawn in <c>docs/lifecycle.md</c>.</summary>
[JsonConverter(typeof(KebabCaseEnumConverter<RunState>))]
public enum RunState
{
    /// <summary>Chunks are fed and run.</summary>
    Running,

    /// <summary>Nothing new is fed; running attempts finish.</summary>
    Paused,

    /// <summary>Settled, every chunk succeeded.</summary>
    Succeeded,

    /// <summary>Settled with at least one failed chunk.</summary>
    Failed,

    /// <summary>Cancelled by its user or by <c>--max-failures</c>; what had succeeded is kept.</summary>
    Cancelled,
}
