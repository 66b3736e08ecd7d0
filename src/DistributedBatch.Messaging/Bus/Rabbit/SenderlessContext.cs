using System.Diagnostics.CodeAnalysis;
using MassTransit;
using MassTransit.Middleware.Rescue;
using RabbitMQ.Client;

namespace DistributedBatch.Messaging.Bus.Rabbit;

/// <summary>
/// A message that moves to the error queue, without the name of its sender: the broker accepts no name but that of this process, and would close the channel. The name is
/// kept in a header of ours.
/// </summary>
internal sealed class SenderlessContext : RescueExceptionReceiveContext, RabbitMqBasicConsumeContext, PipeContext
{
    private const string SenderHeader = "dbatch-sender";

    // Null while the base class is constructed, which asks for payloads.
    private readonly PipeContext? failed;

    private SenderlessContext(ExceptionReceiveContext failed, RabbitMqBasicConsumeContext message)
        : base(failed, failed.Exception)
    {
        this.failed = failed;
        (Exchange, RoutingKey, ConsumerTag, DeliveryTag) = (message.Exchange, message.RoutingKey, message.ConsumerTag, message.DeliveryTag);
        Properties = new BasicProperties(message.Properties)
        {
            Headers = new Dictionary<string, object?>(message.Properties.Headers ?? new Dictionary<string, object?>()) { [SenderHeader] = message.Properties.UserId },
            UserId = null,
        };
    }

    public IReadOnlyBasicProperties Properties { get; }

    public string Exchange { get; }

    public string? RoutingKey { get; }

    public string ConsumerTag { get; }

    public ulong DeliveryTag { get; }

    /// <summary>The message without its sender; the same where it names none.</summary>
    public static ExceptionReceiveContext Of(ExceptionReceiveContext failed, RabbitMqBasicConsumeContext message) =>
        message.Properties.IsUserIdPresent() ? new SenderlessContext(failed, message) : failed;

    bool PipeContext.TryGetPayload<T>([NotNullWhen(true)] out T? payload)
        where T : class
    {
        payload = this as T;
        return payload is not null || failed?.TryGetPayload(out payload) == true;
    }
}
