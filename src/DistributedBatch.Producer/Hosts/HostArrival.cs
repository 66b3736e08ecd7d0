namespace DistributedBatch.Producer.Hosts;

/// <summary>What a heartbeat says about its host.</summary>
internal enum HostArrival
{
    /// <summary>The host was online already, or it stops.</summary>
    Known,

    /// <summary>The host was not online, or its consumer was started again.</summary>
    New,

    /// <summary>Another consumer with the same name is online and was there before.</summary>
    Refused,
}
