using RabbitMQ.Client.Exceptions;

namespace DistributedBatch.Messaging.Connections;

/// <summary>Tells an operation that failed because its channel or connection went away from one that failed for another reason.</summary>
internal static class ConnectionLoss
{
    /// <summary>Whether the channel or connection went away under the operation.</summary>
    public static bool Caused(Exception failure) =>
        failure is RabbitMQClientException or IOException or ObjectDisposedException or InvalidOperationException or TimeoutException;
}
