using DistributedBatch.Messaging.Bus;
using DistributedBatch.Messaging.Connections;
using RabbitMQ.Client;
using RabbitMQ.Client.Exceptions;

namespace DistributedBatch.Messaging.Queues;

/// <summary>
/// The error queues of endpoints, to which the bus moves a message whose handler fails. Some of these messages only wait for another process: those of a newer protocol,
/// and those that a handler returned. The others stay for the administrator.
/// </summary>
internal sealed class ErrorQueue(BrokerConnections connections, BrokerOptions options)
{
    // MassTransit's header with the type of the exception that moved the message.
    private const string ExceptionHeader = "MT-Fault-ExceptionType";

    private static readonly string[] Waiting = [nameof(NewerMessageException), nameof(MessageReturnedException)];

    /// <summary>Moves the messages that wait for another process back to their queue, each one once.</summary>
    /// <param name="queue">Name of the queue on the broker.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <returns>How many.</returns>
    public async Task<int> RequeueAsync(string queue, CancellationToken cancellation)
    {
        var connection = await connections.Publishing.ConnectedAsync(cancellation);
        await using var channel = await connection.CreateChannelAsync(
            new CreateChannelOptions(publisherConfirmationsEnabled: true, publisherConfirmationTrackingEnabled: true), cancellation);
        try
        {
            return await RequeueAsync(channel, queue, cancellation);
        }
        catch (OperationInterruptedException missing) when (missing.ShutdownReason?.ReplyCode == Constants.NotFound)
        {
            return 0; // No message ever was moved to it.
        }
    }

    private async Task<int> RequeueAsync(IChannel channel, string queue, CancellationToken cancellation)
    {
        var errors = Topology.ErrorOf(queue);
        var moved = 0;
        for (var left = (await channel.QueueDeclarePassiveAsync(errors, cancellation)).MessageCount; left > 0; left--)
        {
            // What is not acknowledged goes back to the error queue when the channel closes.
            if (await channel.BasicGetAsync(errors, autoAck: false, cancellation) is not { } message)
                break;
            if (!IsWaiting(message.BasicProperties))
                continue;

            // Every queue of an endpoint has an exchange of its name, to which its own process may publish.
            await channel.BasicPublishAsync(queue, "", mandatory: true, PropertiesOf(message.BasicProperties), message.Body, cancellation);
            await channel.BasicAckAsync(message.DeliveryTag, multiple: false, cancellation);
            moved++;
        }

        return moved;
    }

    // The sender was checked before the message came to the error queue. The broker accepts no name but that of this process.
    private BasicProperties PropertiesOf(IReadOnlyBasicProperties properties) => new(properties) { UserId = options.User };

    private static bool IsWaiting(IReadOnlyBasicProperties properties) =>
        properties.Headers?.TryGetValue(ExceptionHeader, out var type) == true && type is byte[] bytes
        && System.Text.Encoding.UTF8.GetString(bytes) is var name && Array.Exists(Waiting, waiting => name.Contains(waiting, StringComparison.Ordinal));
}
