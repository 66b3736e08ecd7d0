using DistributedBatch.Contracts.Json;
using DistributedBatch.Messaging.Access;
using DistributedBatch.Messaging.Connections;
using DistributedBatch.Messaging.Queues;
using MassTransit;
using MassTransit.Middleware;

namespace DistributedBatch.Messaging.Bus.Rabbit;

/// <summary>Makes buses of MassTransit: connection, serialization, names, and the queues of endpoints.</summary>
internal sealed class RabbitBusFactory(IServiceProvider services, BrokerOptions options, Topology topology)
{
    /// <summary>Messages that an endpoint prefetches, enough to hide the round trip.</summary>
    private const ushort Prefetch = 32;

    /// <summary>Makes a bus with <paramref name="endpoints"/>, without starting it.</summary>
    public IBusControl Create(IReadOnlyList<BusEndpoint> endpoints) =>
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
            UseContractsJson(configurator);
            configurator.ConfigureSend(pipe => pipe.UseExecute(NameSender));
            configurator.ConfigurePublish(pipe => pipe.UseExecute(NameSender));
            configurator.MessageTopology.SetEntityNameFormatter(new EntityNames(topology));

            // Topology declares the exchanges, where permissions allow it. Responses come to a queue with the prefix of this deployment.
            foreach (var message in Topology.Messages)
                configurator.Publish(message, publish => publish.Exclude = true);
            configurator.OverrideDefaultBusEndpointQueueName(topology.ReplyQueue());
            foreach (var endpoint in endpoints)
                configurator.ReceiveEndpoint(topology.Named(endpoint.Queue), receive => Configure(receive, endpoint));
        });

    /// <summary>Sets the queue and the handlers of an endpoint.</summary>
    public void Configure(IRabbitMqReceiveEndpointConfigurator receive, BusEndpoint endpoint)
    {
        receive.ConcurrentMessageLimit = endpoint.Parallel;
        receive.PrefetchCount = Math.Max(Prefetch, 2 * endpoint.Parallel);
        receive.Durable = true;
        receive.AutoDelete = false;
        if (endpoint.Durable)
        {
            receive.SetQuorumQueue();
            receive.ConfigureError(pipe =>
            {
                pipe.UseFilter(new GenerateFaultFilter());
                pipe.UseFilter(new SenderlessFilter());
                pipe.UseFilter(new ErrorTransportFilter());
            });
            foreach (var (name, value) in topology.BusQueueArguments(endpoint.Queue))
                receive.SetQueueArgument(name, value);
        }
        else
        {
            // Not exclusive, so that messages wait while the connection is lost. It expires some time after its host.
            receive.QueueExpiration = Topology.HostQueueExpiry;
            receive.DiscardFaultedMessages();
            receive.DiscardSkippedMessages();
        }

        // No fault is published; the sender of a request gets the failure as its response.
        receive.PublishFaults = false;
        var refusals = services.GetRequiredService<MessageRefusals>();
        receive.ConfigureReceive(pipe => pipe.UseFilter(new BorderFilter(endpoint, refusals)));
        receive.UseFilter(new SenderFilter(endpoint, services.GetRequiredService<MessageSenders>(), refusals));
        receive.UseFilter(new ContentFilter(endpoint, refusals));
        receive.ConfigureConsumeTopology = !Topology.Binds(endpoint);
        foreach (var listener in endpoint.Listeners)
            listener.Configure(receive, services);
    }

    private void NameSender(SendContext context)
    {
        if (context.TryGetPayload(out RabbitMqSendContext? send))
            send.BasicProperties.UserId = options.User;
    }

    private static void UseContractsJson(IBusFactoryConfigurator configurator)
    {
        // The envelope that MassTransit reads by default carries addresses.
        configurator.ClearSerialization();

        // Not "any message type": a foreign message is skipped, and not read as the first type that fits.
        configurator.UseRawJsonSerializer(RawSerializerOptions.AddTransportHeaders | RawSerializerOptions.CopyHeaders, isDefault: true);
        configurator.ConfigureJsonSerializerOptions(options =>
        {
            options.TypeInfoResolverChain.Insert(0, ContractsJson.Default);
            return options;
        });
    }

    /// <summary>Names exchanges after their message type, such as <c>dbatch.attempt-reports</c>.</summary>
    private sealed class EntityNames(Topology topology) : IEntityNameFormatter
    {
        public string FormatEntityName<T>() => topology.ExchangeOf(typeof(T));
    }
}
