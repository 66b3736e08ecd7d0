using System.Text.Json.Serialization;
using DistributedBatch.Contracts.Text;

namespace DistributedBatch.Contracts.Chunks;

/// <summary>Where a chunk stands; drawn in <c>docs/lifecycle.md</c>.</summary>
[JsonConverter(typeof(KebabCaseEnumConverter<ChunkState>))]
public enum ChunkState
{
    /// <summary>Waits for room in the window, or for its retry delay to pass.</summary>
    Pending,

    /// <summary>Published; no slot has it yet.</summary>
    Queued,

    /// <summary>An attempt is under way.</summary>
    Running,

    /// <summary>Final: an attempt succeeded.</summary>
    Succeeded,

    /// <summary>Final: no attempts are left.</summary>
    Failed,

    /// <summary>Final: the run was cancelled first.</summary>
    Cancelled,
}
