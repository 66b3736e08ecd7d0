namespace DistributedBatch.Contracts.Messages;

/// <summary>A message that a host sends about itself. The receiver compares the names in it with the sender.</summary>
public interface IHostMessage
{
    /// <summary>The names of the hosts that the message speaks for: one, and others in a forged message. Null where a name is missing.</summary>
    IEnumerable<string?> Speakers { get; }
}
