using DistributedBatch.Messaging.Connections;
using DistributedBatch.Messaging.Queues;
using RabbitMQ.Client;

namespace DistributedBatch.Messaging.Publishing;

/// <summary>
/// Publishes an empty message to an exchange without queues every few seconds. A broker that is short of memory or disk reports it only to a connection that publishes
/// (https://www.rabbitmq.com/docs/connection-blocked). Without the probe a tracker or an idle host could not say why nothing moves.
/// </summary>
internal sealed class AlarmProbe(BrokerConnections connections, Topology topology, TimeProvider time) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await ProbeAsync(stoppingToken);
            }
            catch (Exception end) when (ConnectionLoss.Caused(end) || end is OperationCanceledException)
            {
                // The supervisor logs the lost connection and makes the next one.
            }

            await Task.Delay(Interval, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task ProbeAsync(CancellationToken stopping)
    {
        var live = await connections.Publishing.ConnectedAsync(stopping);
        await using var channel = await live.CreateChannelAsync(cancellationToken: stopping);
        while (channel.IsOpen)
        {
            // While the broker blocks the connection, the next message waits here.
            await channel.BasicPublishAsync(topology.ProbeExchange, "", ReadOnlyMemory<byte>.Empty, stopping);
            await Task.Delay(Interval, time, stopping);
        }
    }
}
