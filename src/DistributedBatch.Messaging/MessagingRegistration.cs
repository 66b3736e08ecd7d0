using DistributedBatch.Messaging.Access;
using DistributedBatch.Messaging.Bus;
using DistributedBatch.Messaging.Bus.InProcess;
using DistributedBatch.Messaging.Bus.Rabbit;
using DistributedBatch.Messaging.Chunks;
using DistributedBatch.Messaging.Chunks.Rabbit;
using DistributedBatch.Messaging.Connections;
using DistributedBatch.Messaging.DeadLetters;
using DistributedBatch.Messaging.Publishing;
using DistributedBatch.Messaging.Queues;
using DistributedBatch.Messaging.Signing;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace DistributedBatch.Messaging;

/// <summary>Adds messaging to a container. Call it once, before the services that use it, so that the bus starts first and stops last.</summary>
public static class MessagingRegistration
{
    /// <summary>Messaging within one process, without a broker.</summary>
    public static IServiceCollection AddInProcessMessaging(this IServiceCollection services)
    {
        var queue = new InProcessChunkQueue();
        return services
            .AddSingleton<IChunkPublisher>(queue)
            .AddSingleton<IChunkSource>(queue)
            .AddBus<InProcessBus>();
    }

    /// <summary>
    /// Messaging over RabbitMQ. The start waits for the broker, and fails with <see cref="BrokerRefusedException"/> when the broker refuses the connection. The process that
    /// receives from <see cref="Topology.ProducerReportsQueue"/> also reads dead letters.
    /// </summary>
    /// <param name="services">The container under construction.</param>
    /// <param name="configure">Sets <see cref="BrokerOptions.Url"/> at least.</param>
    public static IServiceCollection AddRabbitMessaging(this IServiceCollection services, Action<BrokerOptions> configure)
    {
        var options = new BrokerOptions();
        configure(options);
        return services
            .AddSingleton(options)
            .AddSingleton(provider => new Topology(options, provider.GetServices<BusEndpoint>()))
            .AddSingleton(provider => new BrokerConnections(
                options,
                provider.GetRequiredService<Topology>().DeclareAsync,
                provider.GetRequiredService<BrokerHealth>(),
                provider.GetRequiredService<TimeProvider>(),
                provider.GetRequiredService<ILogger<ConnectionSupervisor>>()))
            .AddHostedService(provider => provider.GetRequiredService<BrokerConnections>())
            .AddSingleton(provider => new ConfirmedPublisher(provider.GetRequiredService<BrokerConnections>().Publishing, options))
            .AddSingleton<IChunkPublisher>(provider => new RabbitChunkPublisher(
                provider.GetRequiredService<ConfirmedPublisher>(), provider.GetRequiredService<Topology>(), options, options.SigningKey is { } key ? new ChunkSigner(key) : null))
            .AddSingleton<IChunkSource, RabbitChunkSource>()
            .AddSingleton<ErrorQueue>()
            .AddSingleton(new MessageSenders(options.User))
            .AddHostedService<AlarmProbe>()
            .AddBus<RabbitBus>()
            .AddSingleton<DeadLetterQueue>()
            .AddHostedService<DeadLetterReader>()
            .AddHostedService<ExpiredRequests>()
            .AddHostedService<NewerMessageReturn>()
            .AddHostedService<FormerQueues>();
    }

    private static IServiceCollection AddBus<TBus>(this IServiceCollection services)
        where TBus : MessageBus
    {
        services.TryAddSingleton(TimeProvider.System);
        return services
            .AddSingleton<BrokerHealth>()
            .AddSingleton<HandlerRetry>()
            .AddSingleton<MessageRefusals>()
            .AddSingleton<MessageBus, TBus>()
            .AddHostedService(provider => provider.GetRequiredService<MessageBus>());
    }
}
