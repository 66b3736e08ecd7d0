using DistributedBatch.Contracts.Messages;
using DistributedBatch.Messaging.Bus;
using DistributedBatch.Messaging.Chunks;
using DistributedBatch.Producer.Dispatch;
using DistributedBatch.Producer.Hosts;
using DistributedBatch.Producer.Intake;
using DistributedBatch.Producer.Storage;
using DistributedBatch.Storage;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;

namespace DistributedBatch.Producer;

/// <summary>Puts the producer into a container, after messaging and before the consumer, so that it stops after the consumer and before the bus.</summary>
public static class ProducerRegistration
{
    /// <summary>The queue of reports, heartbeats and requests.</summary>
    public const string Queue = "dbatch.producer";

    // Reports that arrive while one group is committed make up the next group; this many of them may wait together.
    private const int MessagesAtOnce = 32;

    /// <summary>Adds the producer and its door, <see cref="RunIntake"/>.</summary>
    /// <param name="services">The container under construction; it has messaging already.</param>
    /// <param name="configure">Sets the options.</param>
    public static IServiceCollection AddProducer(this IServiceCollection services, Action<ProducerOptions> configure)
    {
        var options = new ProducerOptions();
        configure(options);
        services.TryAddSingleton(TimeProvider.System);
        services
            .AddSingleton(options)
            .AddSingleton<ILedgerStore>(_ => new LedgerStore(DatabaseFactory.Create(LedgerStore.Schema, options.DataDirectory, options.Database)))
            .AddSingleton<OutboxPublisher>()
            .AddSingleton(new HostRegistry(options.HostTimeout))
            .AddSingleton(new HostQuarantine(options.HostHold))
            .AddSingleton(provider => ActivatorUtilities.CreateInstance<HostCare>(provider, QueueSurvives(provider)))
            .AddSingleton(provider => new RunRegistry(
                provider.GetRequiredService<ILedgerStore>(),
                QueueSurvives(provider),
                provider.GetRequiredService<OutboxPublisher>(),
                provider.GetRequiredService<ILogger<RunRegistry>>()))
            .AddSingleton<GroupCommit>()
            .AddSingleton<ChunkDispatcher>()
            .AddSingleton(provider => ActivatorUtilities.CreateInstance<ProducerLoop>(provider, QueueSurvives(provider)))
            .AddSingleton(provider => new RunIntake(provider.GetRequiredService<ProducerLoop>(), provider.GetRequiredService<RunRegistry>()))
            .AddSingleton(provider => new HostMessageHandler(provider.GetRequiredService<ProducerLoop>(), QueueSurvives(provider)))
            .AddHostedService<ProducerService>();
        services.AddBusEndpoint(Queue)
            .InParallel(MessagesAtOnce)
            .OpenedLater()
            .Handle<AttemptReports, HostMessageHandler>()
            .Handle<HostHeartbeat, HostMessageHandler>()
            .Handle<LeaseTaken, HostMessageHandler>()
            .Handle<ChunkDead, HostMessageHandler>()
            .Handle<ChunksReturned, HostMessageHandler>()
            .Answer<SubmitRun, RunCommandResult, RunIntake>()
            .Answer<ChangeRun, RunCommandResult, RunIntake>()
            .Answer<ForgetRun, RunCommandResult, RunIntake>();
        return services;
    }

    private static bool QueueSurvives(IServiceProvider provider) => provider.GetRequiredService<IChunkPublisher>() is not InProcessChunkQueue;
}
