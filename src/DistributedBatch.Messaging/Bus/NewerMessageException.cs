namespace DistributedBatch.Messaging.Bus;

/// <summary>A message has a newer protocol than this program. It moves to the error queue of its endpoint, and the following messages are handled.</summary>
public sealed class NewerMessageException(string message, int protocol) : NotSupportedException(
    $"A message ({message}) speaks protocol {protocol} and this program only up to {Protocol.Version}; update this program. The message is kept in the error queue, and the start of a newer program handles it.");
