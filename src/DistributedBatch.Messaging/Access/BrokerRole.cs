namespace DistributedBatch.Messaging.Access;

/// <summary>Role of a process, which decides the permissions of its broker user.</summary>
public enum BrokerRole
{
    /// <summary>Declares all queues and exchanges, publishes chunks, receives reports. Also for a process that is producer and tracker.</summary>
    Producer,

    /// <summary>Receives reports and changes, and sends requests to the producer.</summary>
    Tracker,

    /// <summary>Receives chunks and reports on them.</summary>
    Consumer,
}
