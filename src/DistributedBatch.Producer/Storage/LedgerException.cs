namespace DistributedBatch.Producer.Storage;

/// <summary>The ledger cannot be read or written. The message tells the user where, why and what to do.</summary>
public sealed class LedgerException(string message, Exception? cause = null) : Exception(message, cause);
