using DistributedBatch.Cli.Telemetry;
using DistributedBatch.Consumer;
using DistributedBatch.Consumer.Isolation;
using DistributedBatch.Messaging;
using DistributedBatch.Producer;
using DistributedBatch.Tracker;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace DistributedBatch.Cli.Embedded;

/// <summary>All services in this process, with messages in memory and no port open.</summary>
internal static class EmbeddedHost
{
    // Without a broker a group of reports costs little, and what was not reported runs again after a kill -9.
    private static readonly TimeSpan ReportDelay = TimeSpan.FromMilliseconds(50);

    /// <summary>Builds the host; nothing runs yet.</summary>
    /// <param name="stateDirectory">Directory for everything that is kept.</param>
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

    /// <summary>Builds a host that runs no chunk, to work on what is kept.</summary>
    /// <param name="stateDirectory">Directory for everything that is kept.</param>
    public static IHost BuildIdle(string stateDirectory) => Build(stateDirectory, _ => { });

    private static IHost Build(string stateDirectory, Action<IServiceCollection> addLast)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Logging.AddProvider(new FileLog(Path.Combine(stateDirectory, "log")));
        builder.Services.Configure<HostOptions>(options => options.ShutdownTimeout = Timeout.InfiniteTimeSpan);

        // They stop in the opposite order: the consumer drains while the others still listen, the bus ends last.
        builder.Services
            .AddInProcessMessaging()
            .AddTracker(options => options.DataDirectory = stateDirectory)
            .AddProducer(options =>
            {
                options.DataDirectory = stateDirectory;
                options.ResumeOnStart = false;
                options.Standby = false;
            });
        addLast(builder.Services);
        OpenTelemetryExport.AddTo(builder, "run");

        // Signals are StopSignals' business: the host's own lifetime would end the run on the first one.
        builder.Services.AddSingleton<IHostLifetime, SignalForwarding>();
        return builder.Build();
    }
}
