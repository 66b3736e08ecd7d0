using MassTransit;

namespace DistributedBatch.Messaging.Bus;

/// <summary>What carries the bus. A closed family: memory for one box, RabbitMQ for a lab.</summary>
public abstract class BusTransport
{
    private protected BusTransport()
    {
    }

    internal abstract IBusControl Create(IServiceProvider services, IReadOnlyList<BusEndpoint> endpoints);

    internal abstract string NameOf(BusEndpoint endpoint);

    internal abstract void Configure(IReceiveEndpointConfigurator receive, BusEndpoint endpoint, IServiceProvider services);

    internal virtual Task PublishAsync<TMessage>(IBusControl bus, TMessage message, CancellationToken cancellation)
        where TMessage : class => bus.Publish(message, cancellation);
}
