using DistributedBatch.Storage.Connections;

namespace DistributedBatch.Producer.Storage;

/// <summary>The ledger cannot be read or written. The message tells the user where, why and what to do.</summary>
public sealed class LedgerException(string message, Exception? cause = null) : Exception(message, cause)
{
    /// <summary>Whether another producer has taken the ledger over, so that this one must stand by. Any other failure may pass.</summary>
    public bool IsReplaced => InnerException is WriterReplacedException;
}
