using DistributedBatch.Messaging.Bus;
using DistributedBatch.Messaging.Chunks;

namespace DistributedBatch.Messaging;

/// <summary>Puts messaging into a container. Call once, before the services that use it, so that the bus starts first and stops last.</summary>
public static class MessagingRegistration
{
    /// <summary>Messaging inside one process: no broker.</summary>
    public static IServiceCollection AddInProcessMessaging(this IServiceCollection services)
    {
        var queue = new InProcessChunkQueue();
        services.AddSingleton<IChunkPublisher>(queue).AddSingleton<IChunkSource>(queue);
        return services.AddBus(new InMemoryTransport());
    }

    internal static IServiceCollection AddBus(this IServiceCollection services, BusTransport transport) => services
        .AddSingleton(transport)
        .AddSingleton<MessageBus>()
        .AddHostedService(provider => provider.GetRequiredService<MessageBus>());
}
