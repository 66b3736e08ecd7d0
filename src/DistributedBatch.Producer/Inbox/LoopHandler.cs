namespace DistributedBatch.Producer.Inbox;

/// <summary>
/// Handles the messages of one type within the producer's loop. An exception goes to the sender of the message, and the loop goes on.
/// </summary>
internal abstract class LoopHandler
{
    /// <summary>The type of its messages.</summary>
    public abstract Type MessageType { get; }

    /// <summary>Handles one message.</summary>
    /// <param name="message">The message.</param>
    /// <param name="now">The time.</param>
    /// <param name="cancellation">The program ends now.</param>
    /// <returns>The answer to its sender, given after the commit; null when there is nothing to say.</returns>
    public abstract ValueTask<object?> HandleAsync(object message, DateTimeOffset now, CancellationToken cancellation);
}

/// <summary>Handles the messages of type <typeparamref name="TMessage"/>.</summary>
internal abstract class LoopHandler<TMessage> : LoopHandler
    where TMessage : class
{
    /// <inheritdoc/>
    public sealed override Type MessageType => typeof(TMessage);

    /// <inheritdoc/>
    public sealed override ValueTask<object?> HandleAsync(object message, DateTimeOffset now, CancellationToken cancellation) =>
        HandleAsync((TMessage)message, now, cancellation);

    /// <inheritdoc cref="LoopHandler.HandleAsync"/>
    protected abstract ValueTask<object?> HandleAsync(TMessage message, DateTimeOffset now, CancellationToken cancellation);
}
