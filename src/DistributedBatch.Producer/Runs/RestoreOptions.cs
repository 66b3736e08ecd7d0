namespace DistributedBatch.Producer.Runs;

/// <summary>What is asked of others when a stored run is restored.</summary>
public sealed class RestoreOptions
{
    /// <summary>
    /// Successes of a run that another service has recorded. Where messages die with the process, a kill may leave a success that the ledger never heard of; the ledger
    /// adds these when it restores the run, so that no chunk runs again whose result is there. Null (default) with a broker, which delivers the message again.
    /// </summary>
    public Func<RunId, CancellationToken, IAsyncEnumerable<RecordedSuccess>>? RecordedSuccesses { get; set; }
}
