using DistributedBatch.Messaging.Connections;
using RabbitMQ.Client;
using RabbitMQ.Client.Exceptions;

namespace DistributedBatch.Messaging.Queues;

/// <summary>Checks a broker once, with the settings of a service. Leaves nothing on it.</summary>
public static class BrokerProbe
{
    /// <summary>Connects and checks whether the queues exist.</summary>
    /// <exception cref="OperationCanceledException"><paramref name="cancellation"/>.</exception>
    public static async Task<BrokerReading> LookAsync(BrokerOptions options, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(options);
        BrokerVersion? version = null;
        try
        {
            await using var connection = await ConnectionSupervisor.Factory(options, "doctor").CreateConnectionAsync(cancellation);
            version = BrokerVersion.Of(connection.ServerProperties);
            await using var channel = await connection.CreateChannelAsync(cancellationToken: cancellation);
            await channel.QueueDeclarePassiveAsync(new Topology(options, []).ChunkQueue(Chunks.ResourceClass.Cpu), cancellation);
            return new BrokerReading(version, Refusal: null, HasQueues: true);
        }
        catch (OperationInterruptedException missing) when (missing.ShutdownReason?.ReplyCode == Constants.NotFound)
        {
            return new BrokerReading(version, Refusal: null, HasQueues: false);
        }
        catch (Exception failure) when (failure is not OperationCanceledException and not OutOfMemoryException)
        {
            return new BrokerReading(version, BrokerRefusal.Of(failure, options) ?? failure.GetBaseException().Message, HasQueues: false);
        }
    }
}
