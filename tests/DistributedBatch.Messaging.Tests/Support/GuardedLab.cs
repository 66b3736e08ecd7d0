using System.Text;
using System.Text.Json;
using DistributedBatch.Contracts.Json;
using DistributedBatch.Contracts.Messages;
using DistributedBatch.Messaging.Access;
using DistributedBatch.Messaging.Bus;
using DistributedBatch.Messaging.Queues;
using RabbitMQ.Client;
using RabbitMQ.Client.Exceptions;

namespace DistributedBatch.Messaging.Tests.Support;

/// <summary>
/// A lab whose broker has a user for each role: producer, tracker, the host <c>lab7</c> with a user of its own, and the host <c>spare</c> with the shared one. Counts what each
/// handles, and publishes whatever a test likes as any of the users.
/// </summary>
internal sealed class GuardedLab : IAsyncDisposable
{
    public const string OwnHost = "lab7";
    public const string SharedHost = "spare";

    private readonly Uri vhost;
    private readonly PrivateBroker broker;
    private readonly Dictionary<string, MessagingHost> processes = [];
    private readonly Dictionary<string, IConnection> connections = [];

    private GuardedLab(Uri vhost, PrivateBroker broker) => (this.vhost, this.broker) = (vhost, broker);

    /// <summary>The processes by name.</summary>
    public IReadOnlyDictionary<string, MessagingHost> Processes => processes;

    /// <summary>Starts the lab.</summary>
    /// <param name="broker">The broker.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <param name="before">Prepares the vhost before anything starts.</param>
    public static async Task<GuardedLab> StartAsync(PrivateBroker broker, CancellationToken cancellation, Func<Uri, Task>? before = null)
    {
        var lab = new GuardedLab(await broker.NewVhostAsync(cancellation), broker);
        if (before is not null)
            await before(lab.vhost);
        await lab.StartAsync("producer", BrokerUser.For(BrokerRole.Producer), services =>
        {
            services.AddBusEndpoint(Topology.ProducerReportsQueue)
                .Handle<AttemptReports, CountingHandler>()
                .Handle<HostHeartbeat, CountingHandler>()
                .Handle<LeaseTaken, CountingHandler>()
                .Handle<ChunkDead, CountingHandler>()
                .Handle<ChunksReturned, CountingHandler>();
            services.AddBusEndpoint(Topology.ProducerCommandsQueue)
                .Answer<SubmitRun, RunCommandResult, CountingHandler>()
                .Answer<ChangeRun, RunCommandResult, CountingHandler>()
                .Answer<ForgetRun, RunCommandResult, CountingHandler>();
        }, cancellation);
        await lab.StartAsync("tracker", BrokerUser.For(BrokerRole.Tracker), services =>
        {
            services.AddBusEndpoint(Topology.TrackerReportsQueue)
                .Handle<AttemptReports, CountingHandler>()
                .Handle<HostHeartbeat, CountingHandler>()
                .Handle<LeaseTaken, CountingHandler>();
            services.AddBusEndpoint(Topology.TrackerRunsQueue).Handle<RunSubmitted, CountingHandler>().Handle<RunChanged, CountingHandler>();
        }, cancellation);
        foreach (var (host, user) in new[] { (OwnHost, BrokerUser.ForHost(OwnHost)), (SharedHost, BrokerUser.For(BrokerRole.Consumer)) })
        {
            await lab.StartAsync(host, user, services => services.AddBusEndpoint(Topology.HostQueue(host), durable: false)
                .Handle<RunControlMessage, CountingHandler>()
                .Handle<HostControlMessage, CountingHandler>(), cancellation);
        }

        return lab;
    }

    /// <summary>Adds a user without a process.</summary>
    public async Task AdmitAsync(BrokerUser user, CancellationToken cancellation) =>
        connections[user.Name] = await new ConnectionFactory { Uri = await broker.AdmitAsync(vhost, user, cancellation) }.CreateConnectionAsync(cancellation);

    /// <summary>Opens a channel as a user, with confirms.</summary>
    public Task<IChannel> ChannelAsync(string user, CancellationToken cancellation) => connections[user].CreateChannelAsync(
        new CreateChannelOptions(publisherConfirmationsEnabled: true, publisherConfirmationTrackingEnabled: true), cancellation);

    /// <summary>Publishes as a user; false when the broker refused it.</summary>
    /// <param name="user">The user.</param>
    /// <param name="exchange">Where.</param>
    /// <param name="key">Routing key; the name of a queue where the exchange is the default one.</param>
    /// <param name="message">What.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <param name="change">Changes the properties before.</param>
    public async Task<bool> TryPublishAsync(
        string user, string exchange, string key, object message, CancellationToken cancellation, Action<BasicProperties>? change = null)
    {
        var properties = PropertiesOf(message.GetType(), user);
        change?.Invoke(properties);
        await using var channel = await ChannelAsync(user, cancellation);
        try
        {
            await channel.BasicPublishAsync(exchange, key, mandatory: false, properties, JsonSerializer.SerializeToUtf8Bytes(message, message.GetType(), ContractsJson.Default), cancellation);
            return true;
        }
        catch (OperationInterruptedException refusal) when (refusal.ShutdownReason?.ReplyCode == Constants.AccessRefused)
        {
            return false;
        }
    }

    /// <summary>The names of all queues on the broker.</summary>
    public async Task<IReadOnlyCollection<string>> QueuesAsync(CancellationToken cancellation) => [.. (await broker.QueuesAsync(vhost, cancellation)).Keys];

    /// <summary>How many messages every process has handled and refused.</summary>
    public int Total => processes.Values.Sum(process => process.Get<CountingHandler>().Count + (int)process.Get<MessageRefusals>().Count);

    public async ValueTask DisposeAsync()
    {
        foreach (var connection in connections.Values)
            await connection.DisposeAsync();
        foreach (var process in processes.Values.Reverse())
            await process.DisposeAsync();
    }

    private static BasicProperties PropertiesOf(Type message, string user) => new()
    {
        ContentType = "application/json",
        UserId = user,
        Headers = new Dictionary<string, object?> { ["MT-MessageType"] = Encoding.UTF8.GetBytes($"urn:message:{message.Namespace}:{message.Name}") },
    };

    private async Task StartAsync(string name, BrokerUser user, Action<IServiceCollection> endpoints, CancellationToken cancellation)
    {
        await AdmitAsync(user, cancellation);
        processes[name] = await MessagingHost.StartAsync(
            await broker.AdmitAsync(vhost, user, cancellation),
            cancellation,
            services => endpoints(services.AddSingleton<CountingHandler>()),
            options => (options.HostName, options.Declares, options.StartPatience) = (name, user.Name == BrokerUser.NameOf(BrokerRole.Producer), TimeSpan.FromSeconds(60)));
    }
}
