using DistributedBatch.Messaging.Bus;
using DistributedBatch.Messaging.Files;
using DistributedBatch.Messaging.Queues;
using DistributedBatch.Storage;
using DistributedBatch.Tracker.Access;
using DistributedBatch.Tracker.Commands;
using DistributedBatch.Tracker.Logs;
using DistributedBatch.Tracker.Metrics;
using DistributedBatch.Tracker.Notifications;
using DistributedBatch.Tracker.Outputs;
using DistributedBatch.Tracker.Projection;
using DistributedBatch.Tracker.Queries;
using DistributedBatch.Tracker.Retention;
using DistributedBatch.Tracker.Storage;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace DistributedBatch.Tracker;

/// <summary>Adds the tracker to a container.</summary>
public static class TrackerRegistration
{
    /// <summary>The most messages that the bus delivers before the first of them is committed.</summary>
    private const int MaxUnacknowledged = 256;

    /// <summary>
    /// Adds the projection and the queries. <see cref="TrackerApi"/> adds the HTTP API. The container must have messaging already.
    /// </summary>
    public static IServiceCollection AddTracker(this IServiceCollection services, Action<TrackerOptions>? configure = null)
    {
        var options = new TrackerOptions();
        configure?.Invoke(options);
        var dataDirectory = Path.GetFullPath(options.DataDirectory);
        options.Access.TokenFile ??= Path.Combine(dataDirectory, "token");
        services.TryAddSingleton(TimeProvider.System);
        services
            .AddSingleton(options.Access).AddSingleton(options.Commands).AddSingleton(options.Notifications).AddSingleton(options.Outputs)
            .AddSingleton(options.Projection).AddSingleton(options.Queries).AddSingleton(options.Retention)
            .AddSingleton(_ =>
            {
                // Logs and outputs are files, whatever database is used.
                PrivateFile.CreateDirectory(dataDirectory);
                return new TrackerDatabase(DatabaseFactory.Create(TrackerDatabase.Schema, dataDirectory, options.Database), dataDirectory);
            })
            .AddSingleton<TrackerStore>()
            .AddSingleton<ProjectionQueue>()
            .AddSingleton<ProjectionSignal>()
            .AddSingleton<RunQueries>()
            .AddSingleton<RunCommands>()
            .AddSingleton<ProducerCheck>()
            .AddSingleton(_ => new LogFiles(dataDirectory))
            .AddSingleton(_ => new StagingCleanup(dataDirectory))
            .AddSingleton(provider =>
            {
                provider.GetRequiredService<StagingCleanup>();
                return new OutputStore(dataDirectory, options.Outputs, provider.GetRequiredService<LogFiles>());
            })
            .AddSingleton(provider => new TokenStore(dataDirectory, provider.GetRequiredService<TimeProvider>()))
            .AddSingleton<HostTokens>()
            .AddSingleton<OutputPublisher>()
            .AddSingleton<AttemptFileWriter>()
            .AddSingleton<TrackerMetrics>()
            .AddSingleton(provider =>
            {
                // The metrics must listen before the first commit.
                provider.GetRequiredService<TrackerMetrics>();
                return ActivatorUtilities.CreateInstance<Projector>(provider);
            })
            .AddHostedService(provider => provider.GetRequiredService<Projector>())
            .AddSingleton(provider => new RunRemover(
                provider.GetRequiredService<TrackerDatabase>(), provider.GetRequiredService<RunQueries>(), provider.GetRequiredService<RunCommands>(),
                provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<ILogger<RunRemover>>()))
            .AddSingleton<HostRemover>()
            .AddSingleton<NotificationStore>()
            .AddSingleton(provider => new Notifier(
                provider.GetRequiredService<NotificationStore>(), provider.GetRequiredService<RunQueries>(), options.Notifications,
                provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<ILogger<Notifier>>()))
            .AddHostedService(provider => provider.GetRequiredService<Notifier>());
        services.AddBusEndpoint(Topology.TrackerRunsQueue).InParallel(MaxUnacknowledged)
            .Handle<RunSubmitted, ProjectionQueue>()
            .Handle<RunChanged, ProjectionQueue>();
        services.AddBusEndpoint(Topology.TrackerReportsQueue).InParallel(MaxUnacknowledged)
            // A success that the ledger has and the tracker has not would be without its result for ever, because nothing runs the chunk again.
            .HandleFirst<AttemptReports, ProjectionQueue>()
            .Handle<HostHeartbeat, ProjectionQueue>()
            .Handle<LeaseTaken, ProjectionQueue>();
        return services;
    }
}
