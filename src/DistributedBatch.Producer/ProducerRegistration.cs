using DistributedBatch.Messaging.Bus;
using DistributedBatch.Messaging.Chunks;
using DistributedBatch.Messaging.Queues;
using DistributedBatch.Producer.Dispatch;
using DistributedBatch.Producer.Handlers;
using DistributedBatch.Producer.Hosts;
using DistributedBatch.Producer.Inbox;
using DistributedBatch.Producer.Intake;
using DistributedBatch.Producer.Loop;
using DistributedBatch.Producer.Outbox;
using DistributedBatch.Producer.Runs;
using DistributedBatch.Producer.Storage;
using DistributedBatch.Storage;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace DistributedBatch.Producer;

/// <summary>
/// Adds the producer to a container, after messaging and before the consumer, so that it stops after the consumer and before the bus.
/// </summary>
public static class ProducerRegistration
{
    // Messages that arrive during a commit are in the next one together.
    private const int MessagesAtOnce = 32;

    /// <summary>Adds the producer. <see cref="RunIntake"/> is the way to it.</summary>
    /// <param name="services">The container under construction; it has messaging already.</param>
    /// <param name="configure">Sets the options.</param>
    public static IServiceCollection AddProducer(this IServiceCollection services, Action<ProducerOptions> configure)
    {
        var options = new ProducerOptions();
        configure(options);
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton(options).AddSingleton(options.Dispatch).AddSingleton(options.Hosts).AddSingleton(options.Commit).AddSingleton(options.Restore);
        services
            .AddSingleton(_ => new LedgerStore(DatabaseFactory.Create(LedgerStore.Schema, options.DataDirectory, options.Database)))
            .AddSingleton<LedgerHealth>()
            .AddSingleton<LoopInbox>()
            .AddSingleton<OutboxPublisher>()
            .AddSingleton(provider => ActivatorUtilities.CreateInstance<RunRegistry>(provider, QueueSurvives(provider)))
            .AddSingleton<RunUpdates>()
            .AddSingleton<RunWaiters>()
            .AddSingleton<GroupCommit>()
            .AddSingleton<HostRegistry>()
            .AddSingleton<HostQuarantine>()
            .AddSingleton<CopyStopper>()
            .AddSingleton(provider => ActivatorUtilities.CreateInstance<HostSupervisor>(provider, QueueSurvives(provider)))
            .AddSingleton<DispatchWindow>()
            .AddSingleton<ChunkSelector>()
            .AddSingleton<ChunkDispatcher>()
            .AddSingleton<ProducerLoop>();
        services
            .AddSingleton<LoopHandler, AttemptReportsHandler>()
            .AddSingleton<LoopHandler, ChangeRunHandler>()
            .AddSingleton<LoopHandler, ChunkConfirmedHandler>()
            .AddSingleton<LoopHandler, ChunkDeadHandler>()
            .AddSingleton<LoopHandler, ChunksReturnedHandler>()
            .AddSingleton<LoopHandler, ForgetRunHandler>()
            .AddSingleton<LoopHandler, HostHeartbeatHandler>()
            .AddSingleton<LoopHandler, LeaseTakenHandler>()
            .AddSingleton<LoopHandler, LedgerTakenOverHandler>()
            .AddSingleton<LoopHandler, PublishRunAgainHandler>()
            .AddSingleton<LoopHandler, RevisionPublishedHandler>()
            .AddSingleton<LoopHandler, SubmitRunHandler>()
            .AddSingleton<LoopHandler, UnnamedHostHandler>()
            .AddSingleton<LoopHandler, WaitForRunHandler>();
        services
            .AddSingleton(provider => ActivatorUtilities.CreateInstance<HostMessageIntake>(provider, QueueSurvives(provider)))
            .AddSingleton(provider => new RunIntake(
                provider.GetRequiredService<LoopInbox>(),
                provider.GetRequiredService<RunRegistry>(),
                provider.GetRequiredService<HostMessageIntake>(),
                provider.GetRequiredService<LedgerHealth>()))
            .AddHostedService<ProducerService>();
        services.AddBusEndpoint(Topology.ProducerReportsQueue)
            .InParallel(MessagesAtOnce)
            .OpenedLater()
            .Handle<AttemptReports, HostMessageIntake>()
            .Handle<HostHeartbeat, HostMessageIntake>()
            .Handle<LeaseTaken, HostMessageIntake>()
            .Handle<ChunkDead, HostMessageIntake>()
            .Handle<ChunksReturned, HostMessageIntake>();
        services.AddBusEndpoint(Topology.ProducerCommandsQueue)
            .InParallel(MessagesAtOnce)
            .OpenedLater()
            .Answer<SubmitRun, RunCommandResult, RunIntake>()
            .Answer<ChangeRun, RunCommandResult, RunIntake>()
            .Answer<ForgetRun, RunCommandResult, RunIntake>();
        return services;
    }

    // Within one process the queue of chunks ends with the producer.
    private static bool QueueSurvives(IServiceProvider provider) => provider.GetRequiredService<IChunkPublisher>() is not InProcessChunkQueue;
}
