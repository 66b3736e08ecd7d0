namespace DistributedBatch.Contracts.Messages;

/// <summary>A message with a protocol version, so that an older program refuses it instead of misreading it.</summary>
public interface IVersioned
{
    /// <summary>See <see cref="Messages.Protocol.Version"/>.</summary>
    int Protocol { get; }
}
