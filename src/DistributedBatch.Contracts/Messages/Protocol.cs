namespace DistributedBatch.Contracts.Messages;

/// <summary>Version of all messages. Raise it with a change that an older program would misread.</summary>
public static class Protocol
{
    /// <summary>The version of this program. It refuses newer ones with a sentence.</summary>
    public const int Version = 1;
}
