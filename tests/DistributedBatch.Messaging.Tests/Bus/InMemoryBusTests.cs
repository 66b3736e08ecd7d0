using DistributedBatch.Messaging.Tests.Support;

namespace DistributedBatch.Messaging.Tests.Bus;

public sealed class InMemoryBusTests : MessageBusConformance
{
    protected override async Task<object> StartAsync(Action<IServiceCollection> services, CancellationToken cancellation) =>
        await MessagingHost.StartInProcessAsync(cancellation, services);
}
