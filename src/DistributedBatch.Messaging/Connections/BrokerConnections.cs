using RabbitMQ.Client;

namespace DistributedBatch.Messaging.Connections;

/// <summary>
/// The two connections of the chunk queue. A broker that is short of memory blocks a connection that publishes, and acknowledgements on it would stall
/// (https://www.rabbitmq.com/docs/connections#flow-control). So one connection publishes and the other consumes. The bus has a third.
/// </summary>
internal sealed partial class BrokerConnections : IHostedService, IAsyncDisposable
{
    private readonly BrokerOptions options;
    private readonly ILogger logger;
    private bool disposed;

    public BrokerConnections(BrokerOptions options, Func<IChannel, CancellationToken, Task> declare, BrokerHealth health, TimeProvider time, ILogger<ConnectionSupervisor> logger)
    {
        this.options = options;
        this.logger = logger;
        Publishing = new(options, "publishing", declare, health, time, Random.Shared.NextDouble, logger);
        Consuming = new(options, "consuming", declare, health, time, Random.Shared.NextDouble, logger);
    }

    public ConnectionSupervisor Publishing { get; }

    /// <summary>Connects when the first chunk buffer or dead-letter reader needs it.</summary>
    public ConnectionSupervisor Consuming { get; }

    /// <summary>
    /// Waits for the broker, so that services that start later find its queues. Fails when the broker refuses the connection. Goes on without a broker when the options say
    /// so.
    /// </summary>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        try
        {
            await Publishing.FirstConnectionAsync(cancellationToken)
                .WaitAsync(options.StartWithoutBrokerAfter ?? options.StartPatience ?? Timeout.InfiniteTimeSpan, cancellationToken);
        }
        catch (TimeoutException) when (options.StartWithoutBrokerAfter is not null)
        {
            LogStartsWithout(options.Url.Host);
            return;
        }
        catch (TimeoutException late)
        {
            throw new BrokerRefusedException(
                $"The broker at {options.Url.Host} did not answer within {options.StartPatience?.TotalSeconds:0} s. Is it running, and is the address right?", late);
        }

        if (Publishing.Version is { HonoursQueueTimeout: false } old)
            LogOldBroker(old.Text);
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Does nothing the second time: the container holds this object as a service and as a hosted service.</summary>
    public async ValueTask DisposeAsync()
    {
        if (disposed)
            return;
        disposed = true;
        await Consuming.DisposeAsync();
        await Publishing.DisposeAsync();
    }

    [LoggerMessage(109, LogLevel.Warning, "The broker at {Broker} does not answer. This process starts without it and connects when it does.")]
    private partial void LogStartsWithout(string broker);

    [LoggerMessage(107, LogLevel.Information,
        "RabbitMQ {Version} lets a host hold a chunk for 30 minutes, unless its rabbitmq.conf sets consumer_timeout = 90000000. "
        + "Longer chunks are kept by leases.")]
    private partial void LogOldBroker(string version);
}
