namespace DistributedBatch.Producer.Ledger;

/// <summary>A run in short.</summary>
/// <param name="Run">Its id.</param>
/// <param name="Name">Its name.</param>
/// <param name="State">Its state.</param>
/// <param name="Counts">Chunks by state.</param>
/// <param name="SubmittedAt">When it was accepted.</param>
/// <param name="FinishedAt">When its last chunk was settled; null before that.</param>
/// <param name="Revision">Grows with every change.</param>
public sealed record RunOverview(
    RunId Run, string Name, RunState State, ChunkCounts Counts, DateTimeOffset SubmittedAt, DateTimeOffset? FinishedAt, long Revision)
{
    /// <summary>Whether every chunk is in a final state. A cancelled run is not settled while its attempts are being stopped.</summary>
    public bool IsSettled => FinishedAt is not null;
}
