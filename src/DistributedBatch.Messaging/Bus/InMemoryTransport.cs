using MassTransit;

namespace DistributedBatch.Messaging.Bus;

/// <summary>The bus inside one process. What is on it when the process dies is gone; the ledger is what survives.</summary>
internal sealed class InMemoryTransport : BusTransport
{
    internal override IBusControl Create(IServiceProvider services, IReadOnlyList<BusEndpoint> endpoints) =>
        MassTransit.Bus.Factory.CreateUsingInMemory(configurator =>
        {
            MessageBus.UseContractsJson(configurator);
            foreach (var endpoint in endpoints)
                configurator.ReceiveEndpoint(NameOf(endpoint), receive => Configure(receive, endpoint, services));
        });

    internal override string NameOf(BusEndpoint endpoint) => endpoint.Queue;

    internal override void Configure(IReceiveEndpointConfigurator receive, BusEndpoint endpoint, IServiceProvider services)
    {
        receive.ConcurrentMessageLimit = endpoint.Parallel;
        endpoint.Configure(receive, services);
    }
}
