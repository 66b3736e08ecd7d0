using DistributedBatch.Messaging.Bus;
using DistributedBatch.Messaging.Connections;
using DistributedBatch.Messaging.Queues;
using RabbitMQ.Client;
using RabbitMQ.Client.Exceptions;

namespace DistributedBatch.Messaging.DeadLetters;

/// <summary>
/// Moves the messages of the queues of an earlier version, in which messages of hosts and of services lay together, to the queues of today, and deletes those queues. Each
/// start of a producer does it; after the first one there is nothing to do.
/// </summary>
internal sealed partial class FormerQueues(
    BrokerConnections connections, Topology topology, BrokerOptions options, IEnumerable<BusEndpoint> endpoints, ILogger<FormerQueues> logger) : BackgroundService
{
    private const string TypeHeader = "MT-MessageType";

    private static readonly (string Former, string Hosts, string Services)[] Queues =
    [
        ("dbatch.producer", Topology.ProducerReportsQueue, Topology.ProducerCommandsQueue),
        ("dbatch.tracker", Topology.TrackerReportsQueue, Topology.TrackerRunsQueue),
    ];

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (!options.Declares || !endpoints.Any(endpoint => endpoint.Queue == Topology.ProducerReportsQueue))
            return;
        foreach (var (former, hosts, services) in Queues)
        {
            try
            {
                await MoveAsync(topology.Named(former), topology.Named(hosts), topology.Named(services), stoppingToken);
            }
            catch (OperationInterruptedException missing) when (missing.ShutdownReason?.ReplyCode == Constants.NotFound)
            {
                // There was no earlier version here.
            }
            catch (Exception failure) when (ConnectionLoss.Caused(failure))
            {
                LogNotMoved(former, failure.Message);
            }
        }
    }

    private async Task MoveAsync(string former, string hosts, string services, CancellationToken cancellation)
    {
        var connection = await connections.Publishing.ConnectedAsync(cancellation);
        await using var channel = await connection.CreateChannelAsync(
            new CreateChannelOptions(publisherConfirmationsEnabled: true, publisherConfirmationTrackingEnabled: true), cancellation);
        await channel.QueueDeclarePassiveAsync(former, cancellation);

        // With the exchange of its name go all bindings, so that nothing more arrives.
        await channel.ExchangeDeleteAsync(former, cancellationToken: cancellation);
        var moved = 0;
        while (await channel.BasicGetAsync(former, autoAck: false, cancellation) is { } message)
        {
            var target = IsOfHosts(message.BasicProperties) ? hosts : services;
            await channel.BasicPublishAsync("", target, mandatory: true, new BasicProperties(message.BasicProperties) { UserId = options.User }, message.Body, cancellation);
            await channel.BasicAckAsync(message.DeliveryTag, multiple: false, cancellation);
            moved++;
        }

        // RabbitMQ cannot delete a quorum queue only if it is empty. The dead letters are expired requests, which may carry secrets.
        await channel.QueueDeleteAsync(former, ifUnused: false, ifEmpty: false, cancellationToken: cancellation);
        await channel.QueueDeleteAsync($"{former}.dead", ifUnused: false, ifEmpty: false, cancellationToken: cancellation);
        LogMoved(moved, former);
    }

    private static bool IsOfHosts(IReadOnlyBasicProperties properties) =>
        properties.Headers?.TryGetValue(TypeHeader, out var types) == true && types is byte[] bytes && System.Text.Encoding.UTF8.GetString(bytes) is var text
        && Array.Exists(Topology.FromHosts, type => text.Contains($":{type.Name}", StringComparison.Ordinal));

    [LoggerMessage(136, LogLevel.Information, "{Count} messages were moved out of {Queue}, a queue of an earlier version, which was deleted")]
    private partial void LogMoved(int count, string queue);

    [LoggerMessage(137, LogLevel.Warning, "The messages in {Queue}, a queue of an earlier version, could not be moved ({Reason}); the next start tries again")]
    private partial void LogNotMoved(string queue, string reason);
}
