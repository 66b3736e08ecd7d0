using System.Collections.Concurrent;
using DistributedBatch.Messaging.Connections;
using DistributedBatch.Messaging.Queues;
using MassTransit;
using RabbitMQ.Client.Exceptions;

namespace DistributedBatch.Messaging.Bus.Rabbit;

/// <summary>The bus over RabbitMQ, on a connection of its own. Queues that outlive their listeners are quorum queues, declared in <see cref="Topology"/>.</summary>
internal sealed partial class RabbitBus : MessageBus
{
    /// <summary>Limit of one try, longer than a broker takes to start.</summary>
    private static readonly TimeSpan LongestTry = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan HealthInterval = TimeSpan.FromMilliseconds(50);

    private const string HealthName = "messages";

    private static readonly TimeSpan WatchInterval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan ReportAfter = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan StopWithoutBroker = TimeSpan.FromSeconds(3);

    // Longer than MassTransit takes to connect again by itself.
    private static readonly TimeSpan ReplaceAfter = TimeSpan.FromSeconds(25);

    private readonly RabbitBusFactory factory;
    private readonly Topology topology;
    private readonly TimeProvider time;
    private readonly BrokerConnections connections;
    private readonly BrokerHealth health;
    private readonly ErrorQueue errors;
    private readonly ILogger logger;
    private readonly List<BusEndpoint> atStart;
    private readonly List<BusEndpoint> later;
    private readonly CancellationTokenSource stopping = new();
    private Task watching = Task.CompletedTask;

    // Replaced when it does not recover by itself.
    private volatile IBusControl bus;
    private readonly ConcurrentDictionary<string, HostReceiveEndpointHandle> opened = new(StringComparer.Ordinal);

    public RabbitBus(
        IServiceProvider services,
        IEnumerable<BusEndpoint> endpoints,
        BrokerOptions options,
        Topology topology,
        BrokerConnections connections,
        BrokerHealth health,
        ILoggerFactory loggers,
        TimeProvider time)
    {
        (this.topology, this.connections, this.health, this.time) = (topology, connections, health, time);
        errors = new ErrorQueue(connections, options);
        logger = loggers.CreateLogger<RabbitBus>();
        LogContext.ConfigureCurrentLogContext(new MassTransitLogFilter(loggers, time));
        later = [.. endpoints.Where(endpoint => endpoint.OpensLater)];
        atStart = [.. endpoints.Except(later)];
        factory = new RabbitBusFactory(services, options, topology);
        bus = factory.Create(atStart);
    }

    /// <inheritdoc/>
    public override async Task OpenAsync(string queue, CancellationToken cancellation)
    {
        var handle = opened[queue] = Connect(bus, queue);
        if (connections.Publishing.IsConnected)
            await handle.Ready.WaitAsync(cancellation);
    }

    /// <inheritdoc/>
    public override async Task<int> CountReceiversAsync(string queue, CancellationToken cancellation)
    {
        var connection = await connections.Publishing.ConnectedAsync(cancellation);
        await using var channel = await connection.CreateChannelAsync(cancellationToken: cancellation);
        return (int)(await channel.QueueDeclarePassiveAsync(topology.Named(queue), cancellation)).ConsumerCount;
    }

    /// <inheritdoc/>
    public override Task RequeueAsync(string queue, CancellationToken cancellation) =>
        errors.RequeueAsync(topology.Named(queue), cancellation);

    /// <inheritdoc/>
    public override Task CloseAsync(string queue, CancellationToken cancellation) =>
        opened.TryRemove(queue, out var handle) ? handle.StopAsync(cancellation) : Task.CompletedTask;

    /// <summary>
    /// Publishes until the broker confirms: the caller holds back acknowledgements, so giving up would gain nothing. Each try has a limit, because a publish whose connection
    /// died may never end.
    /// </summary>
    public override async Task PublishAsync<TMessage>(TMessage message, CancellationToken cancellation = default)
    {
        for (var failures = 1; ; failures++)
        {
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            limit.CancelAfter(LongestTry);
            try
            {
                await bus.Publish(message, WireNames.AddFormer, limit.Token);
                return;
            }
            catch (Exception failure) when (IsBrokerTrouble(failure) && !cancellation.IsCancellationRequested)
            {
                LogAgain(typeof(TMessage).Name, failure.GetBaseException().Message);
            }

            await Task.Delay(ReconnectDelay.After(failures, Random.Shared.NextDouble()), time, cancellation);
        }
    }

    /// <inheritdoc/>
    public override async Task<TResponse> RequestAsync<TRequest, TResponse>(TRequest request, TimeSpan timeout, CancellationToken cancellation = default)
    {
        // The broker would take it when it has memory again, long after its sender was told that nobody answers.
        if (health.Current is BrokerState.Blocked { Reason: var reason })
            throw new RequestUnansweredException($"The broker takes no messages: {reason}. Nothing was sent; try again when the broker has memory and disk again.");
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(timeout);
        try
        {
            // The response comes to a queue of this process. Just after the broker came back the queue may be missing, and the response would be lost.
            while (bus.CheckHealth().Status != BusHealthStatus.Healthy)
                await Task.Delay(HealthInterval, limit.Token);
            var response = await bus.CreateRequestClient<TRequest>(timeout).GetResponse<TResponse>(request, limit.Token);
            return response.Message;
        }
        catch (Exception failure) when (failure is RequestException or OperationCanceledException or MassTransitException
            && !cancellation.IsCancellationRequested)
        {
            throw Unanswered<TRequest>(timeout, failure);
        }
    }

    /// <inheritdoc/>
    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        // Without a broker the bus starts by itself when there is one.
        var started = bus.StartAsync(connections.Publishing.IsConnected ? cancellationToken : stopping.Token);
        if (connections.Publishing.IsConnected)
            await started;
        watching = Task.Run(WatchAsync, CancellationToken.None);
    }

    /// <inheritdoc/>
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await stopping.CancelAsync();
        await watching.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

        // A bus that never was connected has nothing to finish.
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        if (!connections.Publishing.IsConnected)
            limit.CancelAfter(StopWithoutBroker);
        await bus.StopAsync(limit.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    /// <inheritdoc/>
    public override async ValueTask DisposeAsync()
    {
        stopping.Dispose();
        if (bus is IAsyncDisposable disposable)
            await disposable.DisposeAsync();
    }

    /// <summary>
    /// Reports whether the bus is connected, and makes a new bus when it is not although the broker accepts our other connections. MassTransit gives up for good when the
    /// broker refuses its login for a while.
    /// </summary>
    private async Task WatchAsync()
    {
        var connectedAt = time.GetTimestamp();
        while (true)
        {
            await Task.Delay(WatchInterval, time, stopping.Token);
            if (bus.CheckHealth().Status == BusHealthStatus.Healthy)
            {
                health.Report(HealthName, new BrokerState.Connected());
                connectedAt = time.GetTimestamp();
                continue;
            }

            var lasts = time.GetElapsedTime(connectedAt);
            if (lasts >= ReportAfter)
                health.Report(HealthName, new BrokerState.Away("the message bus is not connected"));
            if (lasts < ReplaceAfter || !connections.Publishing.IsConnected)
                continue;
            LogReplaced(lasts.TotalSeconds);
            await ReplaceAsync();
            connectedAt = time.GetTimestamp();
        }
    }

    private async Task ReplaceAsync()
    {
        var (former, next) = (bus, factory.Create(atStart));
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(stopping.Token);
        limit.CancelAfter(LongestTry);
        try
        {
            await next.StartAsync(limit.Token);
        }
        catch (Exception failure) when (IsBrokerTrouble(failure) && !stopping.IsCancellationRequested)
        {
            LogNotReplaced(failure.GetBaseException().Message);
            return;
        }

        foreach (var queue in opened.Keys)
            opened[queue] = Connect(next, queue);
        bus = next;
        using var end = new CancellationTokenSource(StopWithoutBroker);
        await former.StopAsync(end.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private HostReceiveEndpointHandle Connect(IBusControl to, string queue)
    {
        var endpoint = later.Single(endpoint => endpoint.Queue == queue);
        return to.ConnectReceiveEndpoint(topology.Named(queue), receive => factory.Configure((IRabbitMqReceiveEndpointConfigurator)receive, endpoint));
    }

    private static bool IsBrokerTrouble(Exception failure) =>
        failure is MassTransitException or RabbitMQClientException or IOException or ObjectDisposedException or TimeoutException or OperationCanceledException;

    [LoggerMessage(124, LogLevel.Warning, "The message bus has not been connected for {Seconds:0} s although the broker accepts this process; making a new one")]
    private partial void LogReplaced(double seconds);

    [LoggerMessage(125, LogLevel.Warning, "The new message bus could not be started ({Reason}); trying again")]
    private partial void LogNotReplaced(string reason);

    [LoggerMessage(122, LogLevel.Warning, "The broker did not confirm a {Message} ({Reason}); trying again until it does")]
    private partial void LogAgain(string message, string reason);
}
