namespace DistributedBatch.Contracts.Messages;

/// <summary>A message that says which protocol it speaks, so that whoever hears it can refuse one from a newer program before it misunderstands it.</summary>
public interface IVersioned
{
    /// <summary>See <see cref="Messages.Protocol.Version"/>.</summary>
    int Protocol { get; }
}
