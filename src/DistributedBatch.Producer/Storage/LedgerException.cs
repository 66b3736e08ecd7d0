namespace DistributedBatch.Producer.Storage;

/// <summary>The ledger cannot be kept. The message is a sentence for the user that says where, why and what to do.</summary>
public sealed class LedgerException(string message, Exception? cause = null) : Exception(message, cause);
