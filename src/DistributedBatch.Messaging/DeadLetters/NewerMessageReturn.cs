using DistributedBatch.Messaging.Bus;
using DistributedBatch.Messaging.Connections;
using DistributedBatch.Messaging.Queues;
using RabbitMQ.Client;
using RabbitMQ.Client.Exceptions;

namespace DistributedBatch.Messaging.DeadLetters;

/// <summary>
/// Messages of a newer protocol wait in the error queue of their endpoint for a newer program. Each start of a producer or tracker moves them back once: a program that is
/// new enough handles them, and an older one puts them there again. Other messages in the error queue stay for the administrator.
/// </summary>
internal sealed partial class NewerMessageReturn(
    BrokerConnections connections, IEnumerable<BusEndpoint> endpoints, Topology topology, ILogger<NewerMessageReturn> logger) : BackgroundService
{
    // MassTransit's header with the type of the exception that moved the message.
    private const string ExceptionHeader = "MT-Fault-ExceptionType";

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        foreach (var endpoint in endpoints.Where(endpoint => endpoint.Durable))
        {
            try
            {
                await ReturnAsync(topology.Named(endpoint.Queue), stoppingToken);
            }
            catch (OperationInterruptedException missing) when (missing.ShutdownReason?.ReplyCode == Constants.NotFound)
            {
                // No message ever was moved to it.
            }
            catch (Exception failure) when (ConnectionLoss.Caused(failure))
            {
                LogNotReturned(endpoint.Queue, failure.Message);
            }
        }
    }

    private async Task ReturnAsync(string queue, CancellationToken stopping)
    {
        var connection = await connections.Publishing.ConnectedAsync(stopping);
        await using var channel = await connection.CreateChannelAsync(
            new CreateChannelOptions(publisherConfirmationsEnabled: true, publisherConfirmationTrackingEnabled: true), stopping);
        var errors = $"{queue}_error";
        var returned = 0;
        for (var left = (await channel.QueueDeclarePassiveAsync(errors, stopping)).MessageCount; left > 0; left--)
        {
            // What is not acknowledged goes back to the error queue when the channel closes.
            if (await channel.BasicGetAsync(errors, autoAck: false, stopping) is not { } message)
                break;
            if (!IsNewer(message.BasicProperties))
                continue;

            // Every queue of an endpoint has an exchange of its name, to which its own process may publish.
            await channel.BasicPublishAsync(queue, "", mandatory: true, new BasicProperties(message.BasicProperties), message.Body, stopping);
            await channel.BasicAckAsync(message.DeliveryTag, multiple: false, stopping);
            returned++;
        }

        if (returned > 0)
            LogReturned(returned, queue);
    }

    private static bool IsNewer(IReadOnlyBasicProperties properties) =>
        properties.Headers?.TryGetValue(ExceptionHeader, out var type) == true
        && type is byte[] name && System.Text.Encoding.UTF8.GetString(name).Contains(nameof(NewerMessageException), StringComparison.Ordinal);

    [LoggerMessage(134, LogLevel.Information, "{Count} messages of a newer protocol were moved back to {Queue}")]
    private partial void LogReturned(int count, string queue);

    [LoggerMessage(135, LogLevel.Warning, "Messages of a newer protocol could not be moved back to {Queue} ({Reason}); the next start tries again")]
    private partial void LogNotReturned(string queue, string reason);
}
