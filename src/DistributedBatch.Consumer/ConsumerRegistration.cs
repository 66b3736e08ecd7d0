using DistributedBatch.Consumer.Control;
using DistributedBatch.Consumer.Execution;
using DistributedBatch.Consumer.Gpus;
using DistributedBatch.Consumer.Launcher;
using DistributedBatch.Consumer.Outputs;
using DistributedBatch.Consumer.Processes;
using DistributedBatch.Consumer.Reporting;
using DistributedBatch.Consumer.Resources;
using DistributedBatch.Consumer.Slots;
using DistributedBatch.Consumer.Threads;
using DistributedBatch.Consumer.Tuning;
using DistributedBatch.Consumer.Warm;
using DistributedBatch.Messaging.Bus;
using DistributedBatch.Messaging.Connections;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;

namespace DistributedBatch.Consumer;

/// <summary>Puts a consumer into a container.</summary>
public static class ConsumerRegistration
{
    /// <summary>
    /// Adds one consumer, which starts and stops with the host. Add messaging before it. Stopping takes as long as
    /// <see cref="ConsumerOptions.Drain"/>, so give the host a longer <see cref="HostOptions.ShutdownTimeout"/>.
    /// </summary>
    /// <exception cref="ArgumentException">A setting makes no sense; the message says which and what to give instead.</exception>
    public static IServiceCollection AddConsumer(this IServiceCollection services, Action<ConsumerOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(configure);
        var options = new ConsumerOptions();
        configure(options);
        Check(options);
        services.AddBusEndpoint($"dbatch.host.{options.Host}", durable: false).Handle<RunControlMessage, RunControl>().Handle<HostControlMessage, HostControl>();
        services.TryAddSingleton(TimeProvider.System);
        return services
            .AddSingleton(options)
            .AddSingleton(provider => new MachineProbe(provider.GetRequiredService<TimeProvider>()))
            .AddSingleton(_ => new ThreadShare(MachineProbe.Cores))
            .AddSingleton<RunningAttempts>()
            .AddSingleton<ExclusiveRun>()
            .AddSingleton<MemoryEstimates>()
            .AddSingleton<OomKillCounter>()
            .AddSingleton<ResourceController>()
            .AddSingleton(_ => new GpuProbe(options.NvidiaSmi, options.RocmSmi))
            .AddSingleton<GpuAllocator>()
            .AddSingleton(provider => MemoryReservations.For(new MachineProbe(provider.GetRequiredService<TimeProvider>()).Read()))
            .AddSingleton(options.WarmStart)
            .AddSingleton(provider => new WarmStart(
                options.WarmStart,
                provider.GetRequiredService<IProgramRunner>(),
                provider.GetRequiredService<TimeProvider>(),
                provider.GetRequiredService<ILogger<WarmStart>>(),
                options.Groups))
            .AddSingleton<IRunnerSource, WarmSource>()
            .AddSingleton<RunControl>()
            .AddSingleton<HostControl>()
            .AddSingleton<JobTemplates>()
            .AddSingleton<OutputDelivery>()
            .AddSingleton<AttemptExecutor>()
            .AddSingleton<Reporter>()
            .AddSingleton<HeartbeatLoop>()
            .AddSingleton<AttemptWatch>()
            .AddSingleton<ThreadWatch>()
            .AddSingleton<SlotContext>()
            .AddSingleton(Runner)
            .AddSingleton(provider => new ConsumerService(
                options,
                provider.GetRequiredService<IProgramRunner>(),
                provider.GetRequiredService<SlotContext>(),
                provider.GetRequiredService<ThreadShare>(),
                provider.GetRequiredService<HeartbeatLoop>(),
                provider.GetRequiredService<AttemptWatch>(),
                provider.GetRequiredService<ThreadWatch>(),
                provider.GetRequiredService<ResourceController>(),
                provider.GetRequiredService<GpuAllocator>(),
                provider.GetRequiredService<HostControl>(),
                provider.GetRequiredService<ExclusiveRun>(),
                provider.GetRequiredService<MachineProbe>(),
                provider.GetRequiredService<WarmStart>(),
                provider.GetRequiredService<BrokerHealth>(),
                provider.GetRequiredService<IHostApplicationLifetime>(),
                provider.GetRequiredService<ILogger<ConsumerService>>()))
            .AddHostedService(provider => provider.GetRequiredService<ConsumerService>());
    }

    /// <summary>Begins to start the launcher before the host starts, so that both come up side by side; the first program waits for it in any case.</summary>
    public static void BeginLauncher(this IServiceProvider services)
    {
        if (services.GetRequiredService<IProgramRunner>() is LauncherRunner launcher)
            _ = Task.Run(launcher.WarmUpAsync);
    }

    private static IProgramRunner Runner(IServiceProvider provider)
    {
        var options = provider.GetRequiredService<ConsumerOptions>();
        return options.Launcher.Enabled
            ? new LauncherRunner(
                options.Launcher, provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<ILogger<LauncherRunner>>(), options.Groups)
            : new PortableRunner(provider.GetRequiredService<TimeProvider>());
    }

    private static void Check(ConsumerOptions options)
    {
        if (options.Slots is <= 0)
            throw new ArgumentException($"The number of slots is {options.Slots}; give at least 1, or leave it out to let it be found.");
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
