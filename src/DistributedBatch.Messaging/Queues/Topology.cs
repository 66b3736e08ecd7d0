using DistributedBatch.Contracts.Messages;
using DistributedBatch.Messaging.Bus;
using DistributedBatch.Messaging.Chunks;
using DistributedBatch.Messaging.Connections;
using RabbitMQ.Client;
using RabbitMQ.Client.Exceptions;

namespace DistributedBatch.Messaging.Queues;

/// <summary>
/// Every queue, exchange and binding on the broker, said once. The producer declares all of it whenever its connection stands, so that a fact published before
/// its listener ever ran waits for it and a wiped broker mends itself; the others wait for that and declare only what is theirs alone. The broker compares
/// every argument on a new declaration; change one and the queue must be deleted first.
/// </summary>
public sealed class Topology
{
    /// <summary>The producer hears reports and answers requests here.</summary>
    public const string ProducerQueue = "dbatch.producer";

    /// <summary>The tracker hears every fact here.</summary>
    public const string TrackerQueue = "dbatch.tracker";

    internal const string ReasonHeader = "dbatch-reason";

    internal const string Probe = "probe";

    private const string NamePrefix = "dbatch.";

    /// <summary>
    /// How often a fact or a dead letter may come back; only lost connections count. Explicit and high, because RabbitMQ 4 drops a message at the 20th
    /// return where nothing is said (https://www.rabbitmq.com/docs/quorum-queues#poison-message-handling).
    /// </summary>
    private const int PatientDeliveryLimit = 1000;

    /// <summary>Every resource class, each with a queue of its own.</summary>
    internal static readonly string[] Classes = [ResourceClass.Cpu, ResourceClass.Gpu];

    /// <summary>What hosts publish.</summary>
    internal static readonly Type[] FromHosts =
        [typeof(AttemptReports), typeof(HostHeartbeat), typeof(LeaseTaken), typeof(ChunkDead), typeof(ChunksReturned)];

    /// <summary>What the tracker publishes.</summary>
    internal static readonly Type[] FromTracker = [typeof(SubmitRun), typeof(ChangeRun), typeof(ForgetRun)];

    /// <summary>What hosts hear, each on a queue of its own.</summary>
    internal static readonly Type[] ToHosts = [typeof(RunControlMessage), typeof(HostControlMessage)];

    private static readonly (string Queue, Type[] Messages)[] Services =
    [
        (ProducerQueue, [typeof(AttemptReports), typeof(HostHeartbeat), typeof(LeaseTaken), typeof(ChunkDead), typeof(ChunksReturned), typeof(SubmitRun), typeof(ChangeRun), typeof(ForgetRun)]),
        (TrackerQueue, [typeof(RunSubmitted), typeof(RunChanged), typeof(AttemptReports), typeof(HostHeartbeat), typeof(LeaseTaken)]),
    ];

    /// <summary>How long a host's queue of broadcasts waits for its host to come back.</summary>
    internal static readonly TimeSpan HostQueueExpiry = TimeSpan.FromMinutes(10);

    private readonly BrokerOptions options;
    private readonly IReadOnlyList<BusEndpoint> endpoints;

    /// <summary>The topology as this process sees it.</summary>
    /// <param name="options">Names and limits.</param>
    /// <param name="endpoints">What this process listens to; queues that are nobody else's are declared too.</param>
    internal Topology(BrokerOptions options, IEnumerable<BusEndpoint> endpoints)
    {
        this.options = options;
        this.endpoints = [.. endpoints];
    }

    /// <summary>The queue of broadcasts to one host.</summary>
    /// <param name="host">Name of the host, unique in the lab.</param>
    public static string HostQueue(string host) => $"dbatch.host.{host}";

    /// <summary>Queue of the chunks of a class.</summary>
    internal string ChunkQueue(string resourceClass) => $"{options.Prefix}.chunks.{resourceClass}";

    /// <summary>Queue of the chunks of a class that no host will run.</summary>
    internal string DeadQueue(string resourceClass) => DeadOf(ChunkQueue(resourceClass));

    /// <summary>All queues of dead chunks.</summary>
    internal IEnumerable<string> DeadQueues => Classes.Select(DeadQueue);

    /// <summary>Queue of dead letters that belong to no run we can name; kept for people to look at.</summary>
    internal string ParkingQueue => $"{options.Prefix}.chunks.parked";

    /// <summary>An exchange that nothing is bound to. The broker drops what is published there; publishing alone shows whether it takes messages.</summary>
    internal string ProbeExchange => $"{options.Prefix}.{Probe}";

    /// <summary>A queue or exchange name of ours under the prefix of this deployment.</summary>
    internal string Named(string name) =>
        name.StartsWith(NamePrefix, StringComparison.Ordinal) ? $"{options.Prefix}.{name[NamePrefix.Length..]}" : name;

    /// <summary>A new name for the queue to which answers to this process come.</summary>
    internal string ReplyQueue() => $"{options.Prefix}.reply.{Guid.NewGuid():n}";

    /// <summary>The exchange that messages of a type are published to, such as <c>dbatch.attempt-reports</c>.</summary>
    internal string ExchangeOf(Type message) => $"{options.Prefix}.{WordOf(message)}";

    /// <summary>What a message is called on the broker, such as <c>attempt-reports</c>.</summary>
    internal static string WordOf(Type message) => System.Text.Json.JsonNamingPolicy.KebabCaseLower.ConvertName(WireNames.Of(message));

    /// <summary>Arguments of a durable queue of the bus.</summary>
    internal Dictionary<string, object?> BusQueueArguments(string queue) => new()
    {
        ["x-queue-type"] = "quorum",
        ["x-delivery-limit"] = PatientDeliveryLimit,
        ["x-dead-letter-exchange"] = "",
        ["x-dead-letter-routing-key"] = DeadOf(Named(queue)),
    };

    /// <summary>All messages that have an exchange of their own.</summary>
    internal static IEnumerable<Type> Messages => Services.SelectMany(service => service.Messages).Concat(ToHosts).Distinct();

    /// <summary>Whether the bindings of a queue are declared here, and not by the bus.</summary>
    internal static bool Binds(BusEndpoint endpoint) => !endpoint.Durable || Array.Exists(Services, service => service.Queue == endpoint.Queue);

    /// <summary>Declares what is ours to declare.</summary>
    /// <exception cref="TopologyMissingException">The rest is not there yet.</exception>
    internal async Task DeclareAsync(IChannel channel, CancellationToken cancellation)
    {
        if (options.Declares)
            await DeclareAllAsync(channel, cancellation);
        else
            await FindAsync(channel, cancellation);
        foreach (var endpoint in endpoints.Where(endpoint => !endpoint.Durable))
            await DeclareOwnAsync(channel, endpoint, cancellation);
    }

    /// <summary>Looks for what this process works with, and for nothing that its user may not even know of.</summary>
    private async Task FindAsync(IChannel channel, CancellationToken cancellation)
    {
        var durable = endpoints.Where(endpoint => endpoint.Durable).Select(endpoint => Named(endpoint.Queue)).ToList();
        var isHost = durable.Count == 0;
        try
        {
            foreach (var queue in isHost ? Classes.Select(ChunkQueue) : durable)
                await channel.QueueDeclarePassiveAsync(queue, cancellation);
            foreach (var message in isHost ? FromHosts.Concat(ToHosts) : FromTracker)
                await channel.ExchangeDeclarePassiveAsync(ExchangeOf(message), cancellation);
        }
        catch (OperationInterruptedException missing) when (missing.ShutdownReason?.ReplyCode == Constants.NotFound)
        {
            throw new TopologyMissingException("no producer has made the lab's queues yet; start 'dbatch serve' on this broker", missing);
        }
    }

    /// <summary>A queue that expires, bound to what it hears.</summary>
    private async Task DeclareOwnAsync(IChannel channel, BusEndpoint endpoint, CancellationToken cancellation)
    {
        var name = Named(endpoint.Queue);
        var expiry = new Dictionary<string, object?> { ["x-expires"] = (long)HostQueueExpiry.TotalMilliseconds };
        await DeclareAsync(channel, name, expiry, cancellation);
        await BindAsync(channel, name, endpoint.Messages, cancellation);
    }

    private async Task DeclareAllAsync(IChannel channel, CancellationToken cancellation)
    {
        await channel.ExchangeDeclareAsync(ProbeExchange, ExchangeType.Fanout, durable: true, cancellationToken: cancellation);
        foreach (var message in Messages)
            await channel.ExchangeDeclareAsync(ExchangeOf(message), ExchangeType.Fanout, durable: true, cancellationToken: cancellation);
        foreach (var resourceClass in Classes)
        {
            await DeclareAsync(channel, DeadQueue(resourceClass), KeptArguments(), cancellation);
            await DeclareAsync(channel, ChunkQueue(resourceClass), ChunkQueueArguments(resourceClass), cancellation);
        }

        await DeclareAsync(channel, ParkingQueue, KeptArguments(), cancellation);
        foreach (var (queue, messages) in Services)
        {
            var name = Named(queue);
            await DeclareAsync(channel, DeadOf(name), KeptArguments(), cancellation);
            await DeclareAsync(channel, name, BusQueueArguments(queue), cancellation);
            await BindAsync(channel, name, messages, cancellation);
        }
    }

    /// <summary>As MassTransit does it: an exchange per message type, bound to an exchange per queue.</summary>
    private async Task BindAsync(IChannel channel, string queue, IEnumerable<Type> messages, CancellationToken cancellation)
    {
        await channel.ExchangeDeclareAsync(queue, ExchangeType.Fanout, durable: true, cancellationToken: cancellation);
        await channel.QueueBindAsync(queue, queue, "", cancellationToken: cancellation);
        foreach (var message in messages)
            await channel.ExchangeBindAsync(queue, ExchangeOf(message), "", cancellationToken: cancellation);
    }

    private static string DeadOf(string queue) => $"{queue}.dead";

    private static Dictionary<string, object?> KeptArguments() => new()
    {
        ["x-queue-type"] = "quorum",
        ["x-delivery-limit"] = PatientDeliveryLimit,
    };

    private Dictionary<string, object?> ChunkQueueArguments(string resourceClass) => new()
    {
        ["x-queue-type"] = "quorum",
        ["x-delivery-limit"] = options.DeliveryLimit,
        ["x-dead-letter-exchange"] = "",
        ["x-dead-letter-routing-key"] = DeadQueue(resourceClass),
        ["x-dead-letter-strategy"] = "at-least-once",
        ["x-overflow"] = "reject-publish",
        ["x-max-length"] = options.QueueLimit,
        ["x-consumer-timeout"] = (long)options.DeliveryTimeout.TotalMilliseconds,
    };

    private static Task<QueueDeclareOk> DeclareAsync(IChannel channel, string queue, Dictionary<string, object?> arguments, CancellationToken cancellation) =>
        channel.QueueDeclareAsync(queue, durable: true, exclusive: false, autoDelete: false, arguments, cancellationToken: cancellation);
}
