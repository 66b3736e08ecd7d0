namespace DistributedBatch.Producer.Runs;

/// <summary>Settings of <see cref="GroupCommit"/>.</summary>
public sealed class CommitOptions
{
    /// <summary>
    /// How long the producer tries to write the ledger (a full disk, a database that restarts) before it gives up and stops the program. Null
    /// (default): for ever. Until the ledger can be written nothing is dispatched and no report is acknowledged, so nothing is lost.
    /// </summary>
    public TimeSpan? GiveUpAfter { get; set; }
}
