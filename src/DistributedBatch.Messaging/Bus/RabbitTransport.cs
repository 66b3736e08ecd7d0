using DistributedBatch.Messaging.Connections;
using MassTransit;
using Microsoft.Extensions.Logging;
using RabbitMQ.Client.Exceptions;

namespace DistributedBatch.Messaging.Bus;

/// <summary>The bus over RabbitMQ, on a connection of its own. Queues that outlive their listeners are quorum queues, declared in <see cref="Topology"/>.</summary>
internal sealed partial class RabbitTransport(BrokerOptions options, Topology topology, TimeProvider time, ILogger<RabbitTransport> logger) : BusTransport
{
    /// <summary>Messages an endpoint may have in advance. Enough to hide the round trip; they are handled one at a time all the same.</summary>
    private const ushort Prefetch = 32;

    /// <summary>Longer than a broker takes to start, so that waiting for one does not count as failing.</summary>
    private static readonly TimeSpan LongestTry = TimeSpan.FromSeconds(30);

    internal override IBusControl Create(IServiceProvider services, IReadOnlyList<BusEndpoint> endpoints) =>
        MassTransit.Bus.Factory.CreateUsingRabbitMq(configurator =>
        {
            configurator.Host(options.Url, $"dbatch {options.HostName} {options.Role} bus", host =>
            {
                host.Heartbeat(options.Heartbeat);
                host.PublisherConfirmation = true;
                if (BrokerTls.IsWanted(options))
                {
                    host.UseSsl(tls =>
                    {
                        tls.ServerName = options.Url.Host;
                        if (BrokerTls.Verification(options) is { } verification)
                            tls.CertificateValidationCallback = verification;
                    });
                }
            });
            MessageBus.UseContractsJson(configurator);
            configurator.MessageTopology.SetEntityNameFormatter(new EntityNames(topology));

            // Exchanges are declared in Topology, by those who may. Answers come to a queue whose name says that it is ours.
            foreach (var message in Topology.Messages)
                configurator.Publish(message, publish => publish.Exclude = true);
            configurator.OverrideDefaultBusEndpointQueueName(topology.ReplyQueue());
            foreach (var endpoint in endpoints)
                configurator.ReceiveEndpoint(NameOf(endpoint), receive => Configure(receive, endpoint, services));
        });

    internal override string NameOf(BusEndpoint endpoint) => topology.Named(endpoint.Queue);

    internal override void Configure(IReceiveEndpointConfigurator receive, BusEndpoint endpoint, IServiceProvider services) =>
        Configure((IRabbitMqReceiveEndpointConfigurator)receive, endpoint, services);

    /// <summary>
    /// Publishes until it is confirmed: whoever publishes facts holds back acknowledgements, so nothing is won by giving up. One try is limited, because a
    /// publish that was under way when its connection died may never hear of it.
    /// </summary>
    internal override async Task PublishAsync<TMessage>(IBusControl bus, TMessage message, CancellationToken cancellation)
    {
        for (var failures = 1; ; failures++)
        {
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            limit.CancelAfter(LongestTry);
            try
            {
                await bus.Publish(message, limit.Token).ConfigureAwait(false);
                return;
            }
            catch (Exception failure) when (IsBrokerTrouble(failure) && !cancellation.IsCancellationRequested)
            {
                LogAgain(typeof(TMessage).Name, failure.GetBaseException().Message);
            }

            await Task.Delay(ReconnectDelay.After(failures, Random.Shared.NextDouble()), time, cancellation).ConfigureAwait(false);
        }
    }

    private static bool IsBrokerTrouble(Exception failure) =>
        failure is MassTransitException or RabbitMQClientException or IOException or ObjectDisposedException or TimeoutException or OperationCanceledException;

    private void Configure(IRabbitMqReceiveEndpointConfigurator receive, BusEndpoint endpoint, IServiceProvider services)
    {
        receive.ConcurrentMessageLimit = endpoint.Parallel;
        receive.PrefetchCount = Math.Max(Prefetch, 2 * endpoint.Parallel);
        receive.Durable = true;
        receive.AutoDelete = false;
        if (endpoint.Durable)
        {
            receive.SetQuorumQueue();
            foreach (var (name, value) in topology.BusQueueArguments(endpoint.Queue))
                receive.SetQueueArgument(name, value);
        }
        else
        {
            // Not exclusive, so that broadcasts wait out a lost connection, and gone some time after the host is.
            receive.QueueExpiration = Topology.HostQueueExpiry;
            receive.DiscardFaultedMessages();
            receive.DiscardSkippedMessages();
        }

        // Nobody hears of faults; who asked a question gets them as its answer.
        receive.PublishFaults = false;
        receive.ConfigureConsumeTopology = !Topology.Binds(endpoint);
        endpoint.Configure(receive, services);
    }

    [LoggerMessage(122, LogLevel.Warning, "The broker did not take a {Message} ({Reason}); trying again until it does")]
    private partial void LogAgain(string message, string reason);

    /// <summary>Exchanges named after what they carry, such as <c>dbatch.attempt-reports</c>, so that one vhost is readable.</summary>
    private sealed class EntityNames(Topology topology) : IEntityNameFormatter
    {
        public string FormatEntityName<T>() => topology.ExchangeOf(typeof(T));
    }
}
