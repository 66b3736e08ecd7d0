namespace DistributedBatch.Contracts.Messages;

/// <summary>The version of everything that crosses the wire. Change a message so that an older reader would misunderstand it, and raise it.</summary>
public static class Protocol
{
    /// <summary>The version this program speaks; it refuses newer ones with a sentence.</summary>
    public const int Version = 1;
}
