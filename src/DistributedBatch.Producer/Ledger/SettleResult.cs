namespace DistributedBatch.Producer.Ledger;

/// <summary>What a report did to its chunk.</summary>
internal enum SettleResult
{
    /// <summary>The attempt is under way.</summary>
    Started,

    /// <summary>The chunk succeeded.</summary>
    Succeeded,

    /// <summary>The chunk had succeeded already; nothing changed.</summary>
    Duplicate,

    /// <summary>The attempt failed and another one will follow.</summary>
    Retry,

    /// <summary>The chunk failed for good.</summary>
    Failed,

    /// <summary>The chunk waits for another attempt, and this one is not counted.</summary>
    Released,

    /// <summary>The chunk was cancelled with its run.</summary>
    Cancelled,

    /// <summary>The report is about an earlier dispatch, a settled chunk or another plan; nothing changed.</summary>
    Stale,
}
