using System.Collections.Concurrent;
using DistributedBatch.Contracts.Json;
using MassTransit;
using Microsoft.Extensions.Logging;

namespace DistributedBatch.Messaging.Bus;

/// <summary>
/// Facts, requests and broadcasts between the services: MassTransit, in memory for one box, over RabbitMQ in a lab. Nothing outside this project sees
/// a MassTransit type. Chunks do not travel here, see <see cref="Chunks.IChunkPublisher"/>.
/// </summary>
public sealed class MessageBus : IHostedService, IAsyncDisposable
{
    private static readonly TimeSpan HealthInterval = TimeSpan.FromMilliseconds(50);

    private readonly IBusControl bus;
    private readonly BusTransport transport;
    private readonly IServiceProvider services;
    private readonly List<BusEndpoint> later;
    private readonly ConcurrentDictionary<string, HostReceiveEndpointHandle> opened = new(StringComparer.Ordinal);

    /// <summary>Builds the bus with every <see cref="BusEndpoint"/> the container holds. It starts with the host.</summary>
    public MessageBus(IServiceProvider services, IEnumerable<BusEndpoint> endpoints, BusTransport transport, ILoggerFactory loggers, TimeProvider time)
    {
        LogContext.ConfigureCurrentLogContext(new PlainLogs(loggers, time));
        this.transport = transport;
        this.services = services;
        later = [.. endpoints.Where(endpoint => endpoint.OpensLater)];
        bus = transport.Create(services, [.. endpoints.Except(later)]);
    }

    /// <summary>Starts to listen to a queue that was added as <see cref="BusEndpoint.OpenedLater"/>; the task ends when messages come.</summary>
    public async Task OpenAsync(string queue, CancellationToken cancellation)
    {
        var endpoint = later.Single(endpoint => endpoint.Queue == queue);
        var handle = bus.ConnectReceiveEndpoint(transport.NameOf(endpoint), receive => transport.Configure(receive, endpoint, services));
        opened[queue] = handle;
        await handle.Ready.WaitAsync(cancellation).ConfigureAwait(false);
    }

    /// <summary>Stops listening to a queue that was opened; messages with its listeners are finished first. What comes afterwards waits in the queue.</summary>
    public Task CloseAsync(string queue, CancellationToken cancellation) =>
        opened.TryRemove(queue, out var handle) ? handle.StopAsync(cancellation) : Task.CompletedTask;

    /// <summary>
    /// Publishes a fact or broadcast; the task ends when the broker has confirmed it. While the broker is away it waits and tries again for as long as
    /// <paramref name="cancellation"/> lets it: a fact that is lost would be a chunk that is run twice. It may then be on the bus twice.
    /// </summary>
    public Task PublishAsync<TMessage>(TMessage message, CancellationToken cancellation = default)
        where TMessage : class => transport.PublishAsync(bus, message, cancellation);

    /// <summary>Asks a question and waits for its answer. A question that was not answered in time is not answered later either.</summary>
    /// <exception cref="RequestUnansweredException">Nobody answered within <paramref name="patience"/>, or the broker is away.</exception>
    public async Task<TResponse> RequestAsync<TRequest, TResponse>(
        TRequest request, TimeSpan patience, CancellationToken cancellation = default)
        where TRequest : class
        where TResponse : class
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(patience);
        try
        {
            // An answer is sent to a queue of ours, which may still be missing just after the broker came back; the answer would be lost.
            while (bus.CheckHealth().Status != BusHealthStatus.Healthy)
                await Task.Delay(HealthInterval, limit.Token).ConfigureAwait(false);
            var response = await bus.CreateRequestClient<TRequest>(patience).GetResponse<TResponse>(request, limit.Token).ConfigureAwait(false);
            return response.Message;
        }
        catch (Exception failure) when (failure is RequestException or OperationCanceledException or MassTransitException
            && !cancellation.IsCancellationRequested)
        {
            throw new RequestUnansweredException(
                $"No answer to {typeof(TRequest).Name} within {patience.TotalSeconds:0} s. Is a producer running and connected to the same broker?",
                failure);
        }
    }

    /// <inheritdoc/>
    public Task StartAsync(CancellationToken cancellationToken) => bus.StartAsync(cancellationToken);

    /// <inheritdoc/>
    public Task StopAsync(CancellationToken cancellationToken) => bus.StopAsync(cancellationToken);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (bus is IAsyncDisposable disposable)
            await disposable.DisposeAsync().ConfigureAwait(false);
    }

    internal static void UseContractsJson(IBusFactoryConfigurator configurator)
    {
        // Not "any message type": a stranger's message on one of our queues is skipped, not squeezed into the first type that fits.
        configurator.UseRawJsonSerializer(RawSerializerOptions.AddTransportHeaders | RawSerializerOptions.CopyHeaders, isDefault: true);
        configurator.ConfigureJsonSerializerOptions(options =>
        {
            options.TypeInfoResolverChain.Insert(0, ContractsJson.Default);
            return options;
        });
    }
}
