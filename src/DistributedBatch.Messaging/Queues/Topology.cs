using DistributedBatch.Messaging.Bus;
using DistributedBatch.Messaging.Chunks;
using DistributedBatch.Messaging.Connections;
using RabbitMQ.Client;
using RabbitMQ.Client.Exceptions;

namespace DistributedBatch.Messaging.Queues;

/// <summary>
/// Every queue, exchange and binding on the broker, in one place. The producer declares all of them on each new connection. So a message waits for a listener that has
/// never run, and a broker that lost its disk is set up again. Other processes wait for the producer and declare only their own queues. The broker compares every
/// argument with those of an existing queue: to change one, delete the queue first.
/// </summary>
public sealed class Topology
{
    /// <summary>The producer receives the messages of hosts from this queue.</summary>
    public const string ProducerReportsQueue = "dbatch.producer.reports";

    /// <summary>The producer receives the tracker's requests from this queue. No host may publish to it.</summary>
    public const string ProducerCommandsQueue = "dbatch.producer.commands";

    /// <summary>The tracker receives the messages of hosts from this queue.</summary>
    public const string TrackerReportsQueue = "dbatch.tracker.reports";

    /// <summary>The tracker receives the producer's changes of runs from this queue. No host may publish to it.</summary>
    public const string TrackerRunsQueue = "dbatch.tracker.runs";

    internal const string ReasonHeader = "dbatch-reason";

    internal const string Probe = "probe";

    private const string NamePrefix = "dbatch.";

    /// <summary>
    /// How often a message or a dead letter may be delivered again; only lost connections count. RabbitMQ 4 would drop a message at the 20th return
    /// (https://www.rabbitmq.com/docs/quorum-queues#poison-message-handling).
    /// </summary>
    private const int PatientDeliveryLimit = 1000;

    /// <summary>Every resource class, each with a queue of its own.</summary>
    internal static readonly string[] Classes = [ResourceClass.Cpu, ResourceClass.Gpu];

    /// <summary>Messages that hosts publish.</summary>
    internal static readonly Type[] FromHosts =
        [typeof(AttemptReports), typeof(HostHeartbeat), typeof(LeaseTaken), typeof(ChunkDead), typeof(ChunksReturned)];

    /// <summary>Messages that the tracker publishes.</summary>
    internal static readonly Type[] FromTracker = [typeof(SubmitRun), typeof(ChangeRun), typeof(ForgetRun)];

    /// <summary>Messages that the producer publishes for the tracker.</summary>
    internal static readonly Type[] FromProducer = [typeof(RunSubmitted), typeof(RunChanged)];

    /// <summary>Messages to all hosts; each host has a queue of its own for them.</summary>
    internal static readonly Type[] ToHosts = [typeof(RunControlMessage), typeof(HostControlMessage)];

    /// <summary>
    /// The queues of the services. Messages of hosts have queues of their own: a sender chooses the type of its message, and the broker checks only where it may publish. So
    /// what a queue may carry depends on who can publish to it.
    /// </summary>
    private static readonly (string Queue, Type[] Messages)[] Services =
    [
        (ProducerReportsQueue, FromHosts),
        (ProducerCommandsQueue, FromTracker),
        (TrackerReportsQueue, [typeof(AttemptReports), typeof(HostHeartbeat), typeof(LeaseTaken)]),
        (TrackerRunsQueue, FromProducer),
    ];

    /// <summary>How long the queue of a host stays on the broker without its host.</summary>
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

    /// <summary>The queue on which one host receives messages to all hosts.</summary>
    /// <param name="host">Name of the host, unique in the lab.</param>
    public static string HostQueue(string host) => $"dbatch.host.{host}";

    /// <summary>Queue of the chunks of a class.</summary>
    internal string ChunkQueue(string resourceClass) => $"{options.Prefix}.chunks.{resourceClass}";

    /// <summary>Dead-letter queue of the chunks of a class.</summary>
    internal string DeadQueue(string resourceClass) => DeadOf(ChunkQueue(resourceClass));

    /// <summary>The dead-letter queues of all classes.</summary>
    internal IEnumerable<string> DeadQueues => Classes.Select(DeadQueue);

    /// <summary>The dead-letter queues of the services.</summary>
    internal IEnumerable<string> ServiceDeadQueues => Services.Select(service => DeadOf(Named(service.Queue)));

    /// <summary>Queue of dead letters whose run is unknown. They stay there for the administrator.</summary>
    internal string ParkingQueue => $"{options.Prefix}.chunks.parked";

    /// <summary>An exchange that nothing is bound to. The broker drops what is published there; publishing alone shows whether it takes messages.</summary>
    internal string ProbeExchange => $"{options.Prefix}.{Probe}";

    /// <summary>The name of a queue or exchange with the prefix of this deployment.</summary>
    internal string Named(string name) =>
        name.StartsWith(NamePrefix, StringComparison.Ordinal) ? $"{options.Prefix}.{name[NamePrefix.Length..]}" : name;

    /// <summary>A new name for the queue on which this process receives responses.</summary>
    internal string ReplyQueue() => $"{options.Prefix}.reply.{Guid.NewGuid():n}";

    /// <summary>The exchange that messages of a type are published to, such as <c>dbatch.attempt-reports</c>.</summary>
    internal string ExchangeOf(Type message) => $"{options.Prefix}.{WordOf(message)}";

    /// <summary>The name of a message type on the broker, such as <c>attempt-reports</c>.</summary>
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

    /// <summary>Whether hosts may publish to the queue of an endpoint.</summary>
    internal static bool IsOfHosts(BusEndpoint endpoint) => endpoint.Queue is ProducerReportsQueue or TrackerReportsQueue;

    /// <summary>Whether this class declares the bindings of a queue; otherwise the bus does.</summary>
    internal static bool Binds(BusEndpoint endpoint) => !endpoint.Durable || Array.Exists(Services, service => service.Queue == endpoint.Queue);

    /// <summary>Declares the queues of this process; with <see cref="BrokerOptions.Declares"/> those of the whole lab.</summary>
    /// <exception cref="TopologyMissingException">No producer has declared the lab's queues yet.</exception>
    internal async Task DeclareAsync(IChannel channel, CancellationToken cancellation)
    {
        if (options.Declares)
            await DeclareAllAsync(channel, cancellation);
        else
            await FindAsync(channel, cancellation);
        foreach (var endpoint in endpoints.Where(endpoint => !endpoint.Durable))
            await DeclareOwnAsync(channel, endpoint, cancellation);
    }

    /// <summary>Checks that the queues and exchanges of this process exist. Its broker user may not look at others.</summary>
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

    /// <summary>Declares the queue of a host, which expires, and binds it.</summary>
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

            // The bus would declare it with the first message that cannot be handled, and the tracker's user may not declare a queue with dead letters.
            await DeclareAsync(channel, ErrorOf(name), BusQueueArguments(queue), cancellation);
            await BindAsync(channel, ErrorOf(name), [], cancellation);
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

    /// <summary>The queue to which the bus moves the messages of a queue that cannot be handled.</summary>
    internal static string ErrorOf(string queue) => $"{queue}_error";

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
