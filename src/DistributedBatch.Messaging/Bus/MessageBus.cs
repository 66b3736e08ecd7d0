namespace DistributedBatch.Messaging.Bus;

/// <summary>
/// Facts, requests and broadcasts between the services: by hand within one process, by MassTransit over RabbitMQ in a lab. Nothing outside this project sees
/// a MassTransit type. Chunks do not travel here, see <see cref="Chunks.IChunkPublisher"/>. It has every <see cref="BusEndpoint"/> the container holds, and starts
/// with the host.
/// </summary>
public abstract class MessageBus : IHostedService, IAsyncDisposable
{
    private protected MessageBus()
    {
    }

    /// <summary>Starts to listen to a queue that was added as <see cref="BusEndpoint.OpenedLater"/>; the task ends when messages come.</summary>
    public abstract Task OpenAsync(string queue, CancellationToken cancellation);

    /// <summary>Stops listening to a queue that was opened; messages with its listeners are finished first. What comes afterwards waits in the queue.</summary>
    public abstract Task CloseAsync(string queue, CancellationToken cancellation);

    /// <summary>
    /// Publishes a fact or broadcast; the task ends when the broker has confirmed it. While the broker is away it waits and tries again for as long as
    /// <paramref name="cancellation"/> lets it: a fact that is lost would be a chunk that is run twice. It may then be on the bus twice. Within one process all
    /// listeners are given this very object, so it must not be changed any more.
    /// </summary>
    public abstract Task PublishAsync<TMessage>(TMessage message, CancellationToken cancellation = default)
        where TMessage : class;

    /// <summary>Asks a question and waits for its answer. A question that was not answered in time is not answered later either.</summary>
    /// <exception cref="RequestUnansweredException">Nobody answered within <paramref name="patience"/>, or the broker is away.</exception>
    public abstract Task<TResponse> RequestAsync<TRequest, TResponse>(TRequest request, TimeSpan patience, CancellationToken cancellation = default)
        where TRequest : class
        where TResponse : class;

    /// <inheritdoc/>
    public abstract Task StartAsync(CancellationToken cancellationToken);

    /// <inheritdoc/>
    public abstract Task StopAsync(CancellationToken cancellationToken);

    /// <inheritdoc/>
    public abstract ValueTask DisposeAsync();

    private protected static RequestUnansweredException Unanswered<TRequest>(TimeSpan patience, Exception failure) => new(
        $"No answer to {typeof(TRequest).Name} within {patience.TotalSeconds:0} s. Is a producer running and connected to the same broker?", failure);
}
