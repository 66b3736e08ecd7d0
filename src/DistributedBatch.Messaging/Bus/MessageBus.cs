namespace DistributedBatch.Messaging.Bus;

/// <summary>
/// Messages and requests between the services: in memory within one process, through MassTransit and RabbitMQ in a lab. No type of MassTransit leaves this project. Chunks
/// have a queue of their own. The bus opens every <see cref="BusEndpoint"/> of the container, and starts with the host.
/// </summary>
public abstract class MessageBus : IHostedService, IAsyncDisposable
{
    private protected MessageBus()
    {
    }

    /// <summary>Opens a queue that was added with <see cref="BusEndpoint.OpenedLater"/>; the task ends when messages are received.</summary>
    public abstract Task OpenAsync(string queue, CancellationToken cancellation);

    /// <summary>How many processes receive from a queue now. Within one process nobody else can, so there it is 0.</summary>
    public abstract Task<int> CountReceiversAsync(string queue, CancellationToken cancellation);

    /// <summary>Gives the messages that handlers returned (<see cref="MessageReturnedException"/>) to the next process that receives from the queue.</summary>
    public abstract Task RequeueAsync(string queue, CancellationToken cancellation);

    /// <summary>Closes a queue that was opened, after the messages in its handlers. Later messages wait in the queue.</summary>
    public abstract Task CloseAsync(string queue, CancellationToken cancellation);

    /// <summary>
    /// Publishes a message; the task ends when the broker has confirmed it. Without the broker it tries again until <paramref name="cancellation"/>, because a lost message
    /// would be a chunk that runs twice. The message may then arrive twice. Within one process all handlers get this object, so it must not change any more.
    /// </summary>
    public abstract Task PublishAsync<TMessage>(TMessage message, CancellationToken cancellation = default)
        where TMessage : class;

    /// <summary>Sends a request and waits for its response. A request that gets no response in time gets none later.</summary>
    /// <exception cref="RequestUnansweredException">
    /// No response came within <paramref name="timeout"/>, the broker cannot be reached, or it takes no messages; then nothing was sent.
    /// </exception>
    public abstract Task<TResponse> RequestAsync<TRequest, TResponse>(TRequest request, TimeSpan timeout, CancellationToken cancellation = default)
        where TRequest : class
        where TResponse : class;

    /// <inheritdoc/>
    public abstract Task StartAsync(CancellationToken cancellationToken);

    /// <inheritdoc/>
    public abstract Task StopAsync(CancellationToken cancellationToken);

    /// <inheritdoc/>
    public abstract ValueTask DisposeAsync();

    private protected static RequestUnansweredException Unanswered<TRequest>(TimeSpan timeout, Exception failure) => new(
        $"No answer to {typeof(TRequest).Name} within {timeout.TotalSeconds:0} s. Is a producer running and connected to the same broker?", failure);
}
