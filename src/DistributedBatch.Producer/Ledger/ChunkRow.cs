namespace DistributedBatch.Producer.Ledger;

/// <summary>A chunk as the store keeps it.</summary>
/// <param name="Chunk">Its items.</param>
/// <param name="State">Its state.</param>
/// <param name="Attempts">Highest attempt number that was dispatched or reported.</param>
/// <param name="Failures">Attempts that counted against the retries.</param>
/// <param name="Crashes">Hosts lost with it.</param>
/// <param name="Revision">The run's revision at its last change.</param>
/// <param name="NotBefore">When it may be dispatched again; null for at once.</param>
/// <param name="Host">Where it runs; null when it does not.</param>
/// <param name="Leased">Whether it lives by that host's heartbeats.</param>
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
    /// <summary>The row as it is published. A queued attempt has its number already, but it was not made yet and is not counted.</summary>
    public ChunkChange ToChange() => new(
        Chunk.Index, Chunk.Start, Chunk.Count, State, State == ChunkState.Queued ? Attempts - 1 : Attempts, Revision, NotBefore);
}
