using Microsoft.Extensions.Logging;
using RabbitMQ.Client;

namespace DistributedBatch.Messaging.Connections;

/// <summary>
/// The two connections of the chunk queue. They are two because a broker short of memory blocks connections that publish, and acknowledgements on a blocked
/// one stall (https://www.rabbitmq.com/docs/connections#flow-control). The bus has a third of its own.
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

    /// <summary>Connects when the first lane or dead-letter reader asks for it.</summary>
    public ConnectionSupervisor Consuming { get; }

    /// <summary>Waits for the broker, so that whatever starts afterwards finds its queues; refuses to start when the broker refuses us.</summary>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        try
        {
            await Publishing.FirstConnectionAsync(cancellationToken)
                .WaitAsync(options.StartPatience ?? Timeout.InfiniteTimeSpan, cancellationToken);
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

    /// <summary>The container asks twice, as it holds us as a service and as a hosted one.</summary>
    public async ValueTask DisposeAsync()
    {
        if (disposed)
            return;
        disposed = true;
        await Consuming.DisposeAsync();
        await Publishing.DisposeAsync();
    }

    [LoggerMessage(107, LogLevel.Information,
        "RabbitMQ {Version} decides alone how long a host may hold a chunk: 30 minutes, unless its rabbitmq.conf says consumer_timeout = 90000000. "
        + "Longer chunks are kept by a lease.")]
    private partial void LogOldBroker(string version);
}
