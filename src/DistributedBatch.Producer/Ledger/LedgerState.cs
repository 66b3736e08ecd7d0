namespace DistributedBatch.Producer.Ledger;

/// <summary>A run as a whole, as the store keeps it.</summary>
/// <param name="Revision">Grows with every commit that changes the run.</param>
/// <param name="State">Its state.</param>
/// <param name="Counts">Chunks by state.</param>
/// <param name="ItemsSucceeded">Items in succeeded chunks.</param>
/// <param name="FinishedAt">When its last chunk was settled; null before that.</param>
/// <param name="Reason">Why it is in that state; null where that is plain.</param>
/// <param name="Reserved">Chunks below this number may have been published although they have no row yet.</param>
internal sealed record LedgerState(
    long Revision, RunState State, ChunkCounts Counts, long ItemsSucceeded, DateTimeOffset? FinishedAt = null, string? Reason = null, int Reserved = 0)
{
    /// <summary>Chunks that a new run may publish at once.</summary>
    public const int FirstReservation = 16;

    /// <summary>A run that was just accepted.</summary>
    public static LedgerState New { get; } = new(0, RunState.Running, default, 0, Reserved: FirstReservation);
}
