using DistributedBatch.Contracts.Messages;
using DistributedBatch.Messaging.Bus;
using DistributedBatch.Messaging.Chunks;
using DistributedBatch.Messaging.Connections;
using DistributedBatch.Messaging.Publishing;
using DistributedBatch.Messaging.Queues;
using Microsoft.Extensions.Logging;

namespace DistributedBatch.Messaging.Tests.Support;

/// <summary>A process of a deployment as far as messaging is concerned, with everything a test may want from it.</summary>
internal sealed class MessagingHost : IAsyncDisposable
{
    private readonly IHost host;

    private MessagingHost(IHost host) => this.host = host;

    public IChunkPublisher Publisher => Get<IChunkPublisher>();

    public IChunkSource Source => Get<IChunkSource>();

    public MessageBus Bus => Get<MessageBus>();

    public BrokerHealth Health => Get<BrokerHealth>();

    public Topology Topology => Get<Topology>();

    public ConfirmedPublisher QueuePublisher => Get<ConfirmedPublisher>();

    public LogCollector Log => Get<LogCollector>();

    /// <summary>A process on the broker.</summary>
    public static Task<MessagingHost> StartAsync(
        Uri broker, CancellationToken cancellation, Action<IServiceCollection>? services = null, Action<BrokerOptions>? options = null) => StartAsync(
        container =>
        {
            container.AddRabbitMessaging(settings =>
            {
                settings.Url = broker;
                settings.StartPatience = TimeSpan.FromSeconds(20);
                options?.Invoke(settings);
            });
            services?.Invoke(container);
        },
        cancellation);

    /// <summary>A process without a broker.</summary>
    public static Task<MessagingHost> StartInProcessAsync(CancellationToken cancellation, Action<IServiceCollection>? services = null) => StartAsync(
        container =>
        {
            container.AddInProcessMessaging();
            services?.Invoke(container);
        },
        cancellation);

    public T Get<T>()
        where T : notnull => host.Services.GetRequiredService<T>();

    /// <summary>A host's buffer of CPU chunks with some slots.</summary>
    public IChunkBuffer OpenBuffer(string host, int slots = 1)
    {
        var buffer = Source.Open(host, ResourceClass.Cpu);
        buffer.Slots = slots;
        return buffer;
    }

    public async Task PublishAsync(IEnumerable<RunChunk> chunks, CancellationToken cancellation) =>
        await Task.WhenAll(chunks.Select(chunk => Publisher.PublishAsync(chunk, cancellation).AsTask()));

    /// <summary>Messages ready in a queue, fresh from the broker; its own counters lag.</summary>
    public async Task<uint> ReadyAsync(string queue, CancellationToken cancellation)
    {
        var connection = await Get<BrokerConnections>().Publishing.ConnectedAsync(cancellation);
        await using var channel = await connection.CreateChannelAsync(cancellationToken: cancellation);
        return (await channel.QueueDeclarePassiveAsync(queue, cancellation)).MessageCount;
    }

    public async ValueTask DisposeAsync()
    {
        await host.StopAsync(CancellationToken.None);
        if (host is IAsyncDisposable disposable)
            await disposable.DisposeAsync();
    }

    private static async Task<MessagingHost> StartAsync(Action<IServiceCollection> services, CancellationToken cancellation)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        var log = new LogCollector();
        builder.Logging.AddProvider(log).SetMinimumLevel(LogLevel.Information);
        builder.Services.AddSingleton(log);
        services(builder.Services);
        var messaging = new MessagingHost(builder.Build());
        try
        {
            await messaging.host.StartAsync(cancellation);
        }
        catch
        {
            await ((IAsyncDisposable)messaging.host).DisposeAsync();
            throw;
        }

        return messaging;
    }
}
