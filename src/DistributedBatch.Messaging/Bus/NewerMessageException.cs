using DistributedBatch.Contracts.Messages;

namespace DistributedBatch.Messaging.Bus;

/// <summary>A message speaks a newer protocol than this program. It is kept in the error queue of its endpoint, and those behind it go on.</summary>
public sealed class NewerMessageException(string message, int protocol) : NotSupportedException(
    $"A message ({message}) speaks protocol {protocol} and this program only up to {Protocol.Version}; update this program. The message is kept in the error queue.");
