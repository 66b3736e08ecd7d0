using DistributedBatch.Contracts.Chunks;
using DistributedBatch.Contracts.Messages;

namespace DistributedBatch.Producer.Ledger;

/// <summary>A chunk as the store keeps it.</summary>
/// <param name="Chunk">Its items.</param>
/// <param name="State">Where it stands.</param>
/// <param name="Attempts">Highest attempt number handed out or heard of.</param>
/// <param name="Failures">Attempts that counted against the retries.</param>
/// <param name="Crashes">Hosts lost with it.</param>
/// <param name="Revision">The run's revision when it changed last.</param>
/// <param name="NotBefore">When it may be fed again; null for at once.</param>
/// <param name="Host">Where it runs, if it does.</param>
/// <param name="Leased">Whether that host's heartbeats keep it.</param>
internal readonly record struct ChunkRow(
    ChunkRange Chunk,
    ChunkState State,
    int Attempts,
    int Failures,
    int Crashes,
    long Revision,
    DateTimeOffset? NotBefore = null,
    string? Host = null,
    bool Leased = false)
{
    /// <summary>The row as the rest of the world hears of it. The number of a queued attempt is reserved, but the attempt was not made yet.</summary>
    public ChunkChange ToChange() => new(
        Chunk.Index, Chunk.Start, Chunk.Count, State, State == ChunkState.Queued ? Attempts - 1 : Attempts, Revision, NotBefore);
}
