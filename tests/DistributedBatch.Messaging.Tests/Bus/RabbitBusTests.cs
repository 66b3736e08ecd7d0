using DistributedBatch.Messaging.Tests.Support;

namespace DistributedBatch.Messaging.Tests.Bus;

public sealed class RabbitBusTests(PrivateBroker broker) : MessageBusConformance
{
    protected override async Task<object> StartAsync(Action<IServiceCollection> services, CancellationToken cancellation) =>
        await Site.StartAsync(await broker.NewVhostAsync(cancellation), cancellation, services);
}
