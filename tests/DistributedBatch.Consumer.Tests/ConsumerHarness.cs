using System.Threading.Channels;
using DistributedBatch.Consumer.Control;
using DistributedBatch.Messaging;
using DistributedBatch.Messaging.Bus;
using DistributedBatch.Messaging.Chunks;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace DistributedBatch.Consumer.Tests;

/// <summary>A real consumer in this process. Chunks come by the in-process queue, and its reports reach the test by the in-memory bus.</summary>
public sealed class ConsumerHarness : IAsyncDisposable
{
    private readonly IHost host;
    private readonly ReceivedMessages received = new();
    private readonly CancellationToken test;

    private ConsumerHarness(TempDirectory directory, Action<ConsumerOptions>? configure, CancellationToken test)
    {
        (Directory, this.test) = (directory, test);
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Logging.SetMinimumLevel(LogLevel.Warning);
        builder.Services.Configure<HostOptions>(options => options.ShutdownTimeout = TimeSpan.FromMinutes(1));
        builder.Services.AddInProcessMessaging();
        builder.Services.AddSingleton(received);
        builder.Services.AddBusEndpoint("dbatch.test").Handle<AttemptReports, ReceivedMessages>().Handle<HostHeartbeat, ReceivedMessages>().Handle<LeaseTaken, ReceivedMessages>();
        builder.Services.AddConsumer(options =>
        {
            options.Host = "box";
            options.DataDirectory = directory.Path;
            options.Slots = 2;
            options.Drain = TimeSpan.FromSeconds(10);
            options.Launcher = Programs.Launcher;
            configure?.Invoke(options);
        });
        host = builder.Build();
    }

    public TempDirectory Directory { get; }

    public RunId Run { get; } = RunId.New();

    public ConsumerService Consumer => host.Services.GetRequiredService<ConsumerService>();

    public MessageBus Bus => host.Services.GetRequiredService<MessageBus>();

    public CancellationToken Stopped => host.Services.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping;

    public T Get<T>()
        where T : notnull => host.Services.GetRequiredService<T>();

    public ChannelReader<HostHeartbeat> Heartbeats => received.Heartbeats.Reader;

    public ChannelReader<LeaseTaken> Leases => received.Leases.Reader;

    public static async Task<ConsumerHarness> StartAsync(CancellationToken test, Action<ConsumerOptions>? configure = null)
    {
        var harness = new ConsumerHarness(new TempDirectory(), configure, test);
        await harness.host.StartAsync(test);
        return harness;
    }

    public ValueTask PublishAsync(JobSpec job, int index = 0, Func<RunChunk, RunChunk>? change = null)
    {
        var chunk = new RunChunk { Run = Run, Index = index, Start = index * 10L, Count = 10, Total = 1000, Attempt = 1, Job = job };
        return host.Services.GetRequiredService<IChunkPublisher>().PublishAsync(change?.Invoke(chunk) ?? chunk, test);
    }

    /// <summary>The next report with an outcome.</summary>
    public async Task<AttemptReport> EndedAsync()
    {
        while (true)
        {
            var report = await ReportedAsync();
            if (report.Outcome is not null)
                return report;
        }
    }

    /// <summary>The next report.</summary>
    public async Task<AttemptReport> ReportedAsync() => await received.Reports.Reader.ReadAsync(test);

    /// <summary>Publishes one chunk and waits for its final report.</summary>
    public async Task<AttemptReport> RunAsync(JobSpec job, Func<RunChunk, RunChunk>? change = null)
    {
        await PublishAsync(job, 0, change);
        return await EndedAsync();
    }

    public string Log(int index, int attempt, string kind) => Directory["runs", Run.Value, "logs", $"{index}.{attempt}.{kind}"];

    public string Output(int index) => Directory["runs", Run.Value, "out", $"{index}"];

    /// <summary>Whether the consumer has handled this state of the run.</summary>
    public bool HasHandled(RunState state) => host.Services.GetRequiredService<RunControl>().StateOf(Run) == state;

    public async ValueTask DisposeAsync()
    {
        await host.StopAsync(CancellationToken.None);
        await ((IAsyncDisposable)host).DisposeAsync();
        Directory.Dispose();
    }

    private sealed class ReceivedMessages : IMessageHandler<AttemptReports>, IMessageHandler<HostHeartbeat>, IMessageHandler<LeaseTaken>
    {
        public Channel<AttemptReport> Reports { get; } = Channel.CreateUnbounded<AttemptReport>();

        public Channel<HostHeartbeat> Heartbeats { get; } = Channel.CreateUnbounded<HostHeartbeat>();

        public Channel<LeaseTaken> Leases { get; } = Channel.CreateUnbounded<LeaseTaken>();

        public async Task HandleAsync(AttemptReports message, CancellationToken cancellation)
        {
            foreach (var report in message.Reports)
                await Reports.Writer.WriteAsync(report, cancellation);
        }

        public Task HandleAsync(HostHeartbeat message, CancellationToken cancellation) => Heartbeats.Writer.WriteAsync(message, cancellation).AsTask();

        public Task HandleAsync(LeaseTaken message, CancellationToken cancellation) => Leases.Writer.WriteAsync(message, cancellation).AsTask();
    }
}
