namespace DistributedBatch.Messaging.Bus;

/// <summary>
/// A handler gives its message back, for the next process that receives from the queue. The bus keeps the message in the error queue until
/// <see cref="MessageBus.RequeueAsync"/>, or until the next start of a process that receives from the queue.
/// </summary>
public sealed class MessageReturnedException() : Exception("This process receives no more; the next one gets the message.");
