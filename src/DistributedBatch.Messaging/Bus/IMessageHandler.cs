namespace DistributedBatch.Messaging.Bus;

/// <summary>
/// Hears one kind of message. The message is acknowledged when the task ends and given again when it throws, so a handler is idempotent and commits
/// before it returns.
/// </summary>
/// <typeparam name="TMessage">The message.</typeparam>
public interface IMessageHandler<in TMessage>
    where TMessage : class
{
    /// <summary>Takes in <paramref name="message"/>.</summary>
    Task HandleAsync(TMessage message, CancellationToken cancellation);
}
