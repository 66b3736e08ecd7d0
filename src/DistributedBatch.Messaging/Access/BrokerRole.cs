namespace DistributedBatch.Messaging.Access;

/// <summary>What a process is to the broker, and so what its user may do there.</summary>
public enum BrokerRole
{
    /// <summary>Makes every queue and exchange, publishes chunks and hears what hosts say. Also for a process that is producer and tracker.</summary>
    Producer,

    /// <summary>Hears facts and asks the producer.</summary>
    Tracker,

    /// <summary>Takes chunks and reports on them.</summary>
    Consumer,
}
