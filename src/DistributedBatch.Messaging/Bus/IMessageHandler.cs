namespace DistributedBatch.Messaging.Bus;

/// <summary>
/// Handles messages of one type. A message is acknowledged when the task ends, and delivered again when it throws. So a handler is idempotent and commits before it
/// returns.
/// </summary>
/// <typeparam name="TMessage">The message.</typeparam>
public interface IMessageHandler<in TMessage>
    where TMessage : class
{
    /// <summary>Handles <paramref name="message"/>.</summary>
    Task HandleAsync(TMessage message, CancellationToken cancellation);
}
