using DistributedBatch.Contracts.Messages;
using DistributedBatch.Messaging.Chunks;
using DistributedBatch.Messaging.Connections;
using RabbitMQ.Client;

namespace DistributedBatch.Messaging;

/// <summary>
/// Every queue, exchange and binding on the broker, said once. All of it is declared whenever a connection stands, by whoever comes first, so that a fact
/// published before its listener ever ran waits for it and a wiped broker mends itself. The broker compares every argument on a new declaration; change one
/// and the queue must be deleted first.
/// </summary>
public sealed class Topology
{
    /// <summary>The producer hears reports and answers requests here.</summary>
    public const string ProducerQueue = "dbatch.producer";

    /// <summary>The tracker hears every fact here.</summary>
    public const string TrackerQueue = "dbatch.tracker";

    internal const string ReasonHeader = "dbatch-reason";
    internal const string ReturnsHeader = "dbatch-returns";

    private const string NamePrefix = "dbatch.";

    /// <summary>
    /// How often a fact or a dead letter may come back; only lost connections count. Explicit and high, because RabbitMQ 4 drops a message at the 20th
    /// return where nothing is said (https://www.rabbitmq.com/docs/quorum-queues#poison-message-handling).
    /// </summary>
    private const int PatientDeliveryLimit = 1000;

    private static readonly string[] Classes = [ResourceClass.Cpu, ResourceClass.Gpu];

    private static readonly (string Queue, Type[] Messages)[] Services =
    [
        (ProducerQueue, [typeof(AttemptReports), typeof(HostHeartbeat), typeof(LeaseTaken), typeof(ChunkDead), typeof(SubmitRun), typeof(ChangeRun), typeof(ForgetRun)]),
        (TrackerQueue, [typeof(RunSubmitted), typeof(RunChanged), typeof(AttemptReports), typeof(HostHeartbeat), typeof(LeaseTaken)]),
    ];

    private readonly BrokerOptions options;

    internal Topology(BrokerOptions options) => this.options = options;

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

    /// <summary>A queue or exchange name of ours under the prefix of this deployment.</summary>
    internal string Named(string name) =>
        name.StartsWith(NamePrefix, StringComparison.Ordinal) ? $"{options.Prefix}.{name[NamePrefix.Length..]}" : name;

    /// <summary>The exchange that messages of a type are published to, such as <c>dbatch.attempt-reports</c>.</summary>
    internal string ExchangeOf(Type message) => $"{options.Prefix}.{System.Text.Json.JsonNamingPolicy.KebabCaseLower.ConvertName(message.Name)}";

    /// <summary>Arguments of a durable queue of the bus.</summary>
    internal Dictionary<string, object?> BusQueueArguments(string queue) => new()
    {
        ["x-queue-type"] = "quorum",
        ["x-delivery-limit"] = PatientDeliveryLimit,
        ["x-dead-letter-exchange"] = "",
        ["x-dead-letter-routing-key"] = DeadOf(Named(queue)),
    };

    internal async Task DeclareAsync(IChannel channel, CancellationToken cancellation)
    {
        foreach (var resourceClass in Classes)
        {
            await DeclareAsync(channel, DeadQueue(resourceClass), KeptArguments(), cancellation).ConfigureAwait(false);
            await DeclareAsync(channel, ChunkQueue(resourceClass), ChunkQueueArguments(resourceClass), cancellation).ConfigureAwait(false);
        }

        await DeclareAsync(channel, ParkingQueue, KeptArguments(), cancellation).ConfigureAwait(false);
        foreach (var (queue, messages) in Services)
        {
            var name = Named(queue);
            await DeclareAsync(channel, DeadOf(name), KeptArguments(), cancellation).ConfigureAwait(false);
            await DeclareAsync(channel, name, BusQueueArguments(queue), cancellation).ConfigureAwait(false);

            // As MassTransit does it: an exchange per message type, bound to an exchange per queue.
            await channel.ExchangeDeclareAsync(name, ExchangeType.Fanout, durable: true, cancellationToken: cancellation).ConfigureAwait(false);
            await channel.QueueBindAsync(name, name, "", cancellationToken: cancellation).ConfigureAwait(false);
            foreach (var message in messages)
            {
                var exchange = ExchangeOf(message);
                await channel.ExchangeDeclareAsync(exchange, ExchangeType.Fanout, durable: true, cancellationToken: cancellation).ConfigureAwait(false);
                await channel.ExchangeBindAsync(name, exchange, "", cancellationToken: cancellation).ConfigureAwait(false);
            }
        }
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
