using DistributedBatch.Consumer;
using DistributedBatch.Consumer.Isolation;
using DistributedBatch.Messaging;
using DistributedBatch.Producer;
using DistributedBatch.Producer.Runs;
using DistributedBatch.Tracker;
using DistributedBatch.Tracker.Queries;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace DistributedBatch.Cli.Hosting;

/// <summary>Hosts all services in this process, with messages in memory and without an open port.</summary>
internal static class EmbeddedHost
{
    // Without a broker a group of reports costs little. A shorter delay loses fewer results to kill -9.
    private static readonly TimeSpan ReportDelay = TimeSpan.FromMilliseconds(50);

    // The producer hears of an attempt when the tracker has written it, so this is on the way to the next chunk.
    private static readonly TimeSpan CommitInterval = TimeSpan.FromMilliseconds(5);

    /// <summary>Builds the host, without starting it.</summary>
    /// <param name="stateDirectory">The state directory.</param>
    /// <param name="slots">Attempts at once; null lets the consumer find the number.</param>
    /// <param name="groups">Control groups for the attempts; null for none.</param>
    public static IHost Build(string stateDirectory, int? slots, AttemptCgroups? groups) => Build(stateDirectory, services => services.AddConsumer(options =>
    {
        options.DataDirectory = stateDirectory;
        options.Slots = slots;
        options.Groups = groups;
        options.Drain = Timeout.InfiniteTimeSpan;
        options.ReportDelay = ReportDelay;
    }));

    /// <summary>Builds a host without a consumer, to change the stored runs.</summary>
    /// <param name="stateDirectory">The state directory.</param>
    public static IHost BuildIdle(string stateDirectory) => Build(stateDirectory, _ => { });

    private static IHost Build(string stateDirectory, Action<IServiceCollection> addConsumer)
    {
        IHost? host = null;
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        var log = new FileLog(Path.Combine(stateDirectory, "log"));
        builder.Logging.AddProvider(log);
        builder.Services.AddSingleton(log);
        builder.Services.Configure<HostOptions>(options => options.ShutdownTimeout = Timeout.InfiniteTimeSpan);

        // Services stop in the opposite order: the consumer drains while the others still receive its reports, and the bus stops last.
        builder.Services
            .AddInProcessMessaging()
            .AddTracker(options =>
            {
                options.DataDirectory = stateDirectory;
                options.Projection.CommitInterval = CommitInterval;
            })
            .AddProducer(options =>
            {
                options.DataDirectory = stateDirectory;
                options.ResumeOnStart = false;
                options.Standby = false;
                options.Restore.RecordedSuccesses = (run, cancellation) => host!.Services.GetRequiredService<RunQueries>()
                    .UnsettledSuccessesAsync(run, cancellation)
                    .Select(attempt => new RecordedSuccess(attempt.Index, attempt.Attempt, attempt.Host, TimeSpan.FromSeconds(attempt.Seconds)));
            });
        addConsumer(builder.Services);
        OpenTelemetryExport.AddTo(builder, "run");

        builder.Services.AddSingleton<IHostLifetime, NullHostLifetime>();
        return host = builder.Build();
    }
}
