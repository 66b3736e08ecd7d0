using DistributedBatch.Consumer.Attempts;
using DistributedBatch.Consumer.Control;
using DistributedBatch.Consumer.Execution;
using DistributedBatch.Consumer.Gpus;
using DistributedBatch.Consumer.Jobs;
using DistributedBatch.Consumer.Launcher;
using DistributedBatch.Consumer.Logs;
using DistributedBatch.Consumer.Outputs;
using DistributedBatch.Consumer.Processes;
using DistributedBatch.Consumer.Reporting;
using DistributedBatch.Consumer.Resources;
using DistributedBatch.Consumer.Slots;
using DistributedBatch.Consumer.Threads;
using DistributedBatch.Consumer.Tuning;
using DistributedBatch.Consumer.Warm;
using DistributedBatch.Messaging.Bus;
using DistributedBatch.Messaging.Chunks;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;

namespace DistributedBatch.Consumer;

/// <summary>Adds a consumer to a service collection.</summary>
public static class ConsumerRegistration
{
    /// <summary>
    /// Adds one consumer, which starts and stops with the host. Add messaging before it. Stopping takes as long as
    /// <see cref="ConsumerOptions.Drain"/>, so give the host a longer <see cref="HostOptions.ShutdownTimeout"/>.
    /// </summary>
    /// <exception cref="ArgumentException">A setting is invalid; the message says which one and what to give instead.</exception>
    public static IServiceCollection AddConsumer(this IServiceCollection services, Action<ConsumerOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(configure);
        var options = new ConsumerOptions();
        configure(options);
        Check(options);
        services.AddBusEndpoint($"dbatch.host.{options.Host}", durable: false).Handle<RunControlMessage, RunControl>().Handle<HostControlMessage, HostControl>();
        services.TryAddSingleton(TimeProvider.System);
        return services
            .AddOptionsOf(options)
            .AddExecution(options)
            .AddSingleton<HeartbeatLoop>()
            .AddSingleton<Reporter>()
            .AddSingleton<AdmissionHold>()
            .AddSingleton(provider => new JoinOptions(provider.GetRequiredService<IChunkSource>() is InProcessChunkQueue ? null : options.JoinTimeout, options.EndsWhenRefused))
            .AddSingleton<HostJoin>()
            .AddSingleton<RunControl>()
            .AddSingleton<HostControl>()
            .AddSingleton<SlotContext>()
            .AddSingleton<HostSlots>()
            .AddSingleton<ResourceController>()
            .AddSingleton<AttemptMonitor>()
            .AddSingleton<ThreadMonitor>()
            .AddSingleton<HostStatusReader>()
            .AddSingleton<IdleExit>()
            .AddSingleton<ConsumerLoops>()
            .AddSingleton(provider => new ConsumerService(
                options,
                provider.GetRequiredService<IProgramRunner>(),
                provider.GetRequiredService<HostSlots>(),
                provider.GetRequiredService<AdmissionHold>(),
                provider.GetRequiredService<HostJoin>(),
                provider.GetRequiredService<RunningAttempts>(),
                provider.GetRequiredService<Reporter>(),
                provider.GetRequiredService<HeartbeatLoop>(),
                provider.GetRequiredService<HostStatusReader>(),
                provider.GetRequiredService<ResourceController>(),
                provider.GetRequiredService<ConsumerLoops>(),
                provider.GetRequiredService<TimeProvider>(),
                provider.GetRequiredService<ILogger<ConsumerService>>()))
            .AddHostedService(provider => provider.GetRequiredService<ConsumerService>());
    }

    /// <summary>Starts the launcher before the host, so that both start side by side. The first program waits for the launcher.</summary>
    public static void BeginLauncher(this IServiceProvider services)
    {
        if (services.GetRequiredService<IProgramRunner>() is LauncherRunner launcher)
            _ = Task.Run(launcher.WarmUpAsync);
    }

    // Each folder gets the settings that it reads.
    private static IServiceCollection AddOptionsOf(this IServiceCollection services, ConsumerOptions options)
    {
        // Whoever opened the control groups closes them.
        if (options.Groups is { } groups)
            services.AddSingleton(groups);
        return services
            .AddSingleton(options)
            .AddSingleton(new HostSettings(options.Host, options.DataDirectory))
            .AddSingleton(new ReportingOptions(options.Heartbeat, options.ReportDelay, options.HurriedReportDelay, options.ReportBatch))
            .AddSingleton(new GpuOptions(options.Gpus))
            .AddSingleton(new LeaseOptions(options.AckTimeout))
            .AddSingleton(new OutputServerOptions(options.Server, options.Token, options.AuthorityFile))
            .AddSingleton(new SlotOptions(options.Slots))
            .AddSingleton(options.Launcher)
            .AddSingleton(options.WarmStart);
    }

    private static IServiceCollection AddExecution(this IServiceCollection services, ConsumerOptions options)
    {
        if (options.Launcher.Enabled)
            services.AddSingleton<IProgramRunner, LauncherRunner>();
        else
            services.AddSingleton<IProgramRunner, PortableRunner>();
        return services
            .AddTransient(provider => new MachineProbe(provider.GetRequiredService<TimeProvider>()))
            .AddSingleton(_ => new AllowedPrograms(options.AllowedPrograms))
            .AddSingleton(_ => new GpuProbe(options.NvidiaSmi, options.RocmSmi))
            .AddSingleton(_ => new LogStore(options.LogHeadBytes, options.LogTailBytes))
            .AddSingleton(_ => new ThreadShare(MachineProbe.Cores))
            .AddSingleton(provider => MemoryReservations.For(provider.GetRequiredService<MachineProbe>().Read()))
            .AddSingleton<MemoryEstimates>()
            .AddSingleton<OomKillCounter>()
            .AddSingleton<GpuAllocator>()
            .AddSingleton<HostTroubles>()
            .AddSingleton<RunningAttempts>()
            .AddSingleton<RunnerSuspects>()
            .AddSingleton<WarmStart>()
            .AddSingleton<JobTemplates>()
            .AddSingleton<OutcomeMapper>()
            .AddSingleton<OutputUploader>()
            .AddSingleton<AttemptFiles>()
            .AddSingleton<AttemptExecutor>();
    }

    private static void Check(ConsumerOptions options)
    {
        if (options.Slots is <= 0 or > SlotNumbers.Most)
            throw new ArgumentException($"The number of slots is {options.Slots}; give 1 to {SlotNumbers.Most}, or leave it out to let it be found.");
        if (string.IsNullOrWhiteSpace(options.Host))
            throw new ArgumentException("The host has no name; give one.");
        if (options.LogHeadBytes < 0 || options.LogTailBytes < 0)
            throw new ArgumentException("Log sizes cannot be negative; give 0 to keep nothing.");
        if (options.Groups is not null && !options.Launcher.Enabled)
            throw new ArgumentException("Attempts cannot have control groups without the launcher; enable it, or leave the groups out.");
        if (options.ReportBatch < 1)
            throw new ArgumentException($"Reports are sent {options.ReportBatch} at a time; give at least 1.");
    }
}
