using DistributedBatch.Contracts.Messages;
using DistributedBatch.Messaging.Bus;
using DistributedBatch.Tracker.Logs;
using DistributedBatch.Tracker.Metrics;
using DistributedBatch.Tracker.Notifications;
using DistributedBatch.Tracker.Projection;
using DistributedBatch.Tracker.Queries;
using DistributedBatch.Tracker.Retention;
using DistributedBatch.Tracker.Storage;
using DistributedBatch.Tracker.Storage.Postgres;
using DistributedBatch.Tracker.Storage.Sqlite;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace DistributedBatch.Tracker;

/// <summary>Puts the tracker into a container.</summary>
public static class TrackerRegistration
{
    /// <summary>Messages the bus may hand over before the first of them is committed.</summary>
    private const int Unacknowledged = 256;

    /// <summary>
    /// Adds the projection and the queries. The HTTP side comes on top with <c>MapTracker</c>. Messaging must be in the container already.
    /// </summary>
    public static IServiceCollection AddTracker(this IServiceCollection services, Action<TrackerOptions>? configure = null)
    {
        var options = new TrackerOptions();
        configure?.Invoke(options);
        services.TryAddSingleton(TimeProvider.System);
        services
            .AddSingleton(options)
            .AddSingleton(_ => Dialect(options))
            .AddSingleton(provider => new TrackerDatabase(provider.GetRequiredService<IStorageDialect>(), Path.GetFullPath(options.DataDirectory)))
            .AddSingleton<TrackerStore>()
            .AddSingleton<ProjectionIntake>()
            .AddSingleton<ProjectionSignal>()
            .AddSingleton<RunQueries>()
            .AddSingleton(_ => new LogFiles(options.DataDirectory))
            .AddSingleton<TrackerMetrics>()
            .AddSingleton<Projector>()
            .AddHostedService(provider => provider.GetRequiredService<Projector>())
            .AddSingleton(provider => new RunRemover(
                provider.GetRequiredService<IStorageDialect>(), provider.GetRequiredService<RunQueries>(), provider.GetRequiredService<MessageBus>(), options,
                provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<ILogger<RunRemover>>()))
            .AddSingleton<NotificationStore>()
            .AddSingleton(provider => new Notifier(
                provider.GetRequiredService<NotificationStore>(), provider.GetRequiredService<RunQueries>(), options, provider.GetRequiredService<TimeProvider>(),
                provider.GetRequiredService<ILogger<Notifier>>()))
            .AddHostedService(provider => provider.GetRequiredService<Notifier>());
        services.AddBusEndpoint("dbatch.tracker").InParallel(Unacknowledged)
            .Handle<RunSubmitted, ProjectionIntake>()
            .Handle<RunChanged, ProjectionIntake>()
            .Handle<AttemptReports, ProjectionIntake>()
            .Handle<HostHeartbeat, ProjectionIntake>()
            .Handle<LeaseTaken, ProjectionIntake>();
        return services;
    }

    private static IStorageDialect Dialect(TrackerOptions options)
    {
        // Logs and outputs are files whatever holds the rest.
        var directory = Directory.CreateDirectory(options.DataDirectory);
        return options.Database is { } database ? new PostgresDialect(database) : new SqliteDialect(Path.Combine(directory.FullName, TrackerDatabase.FileName));
    }
}
