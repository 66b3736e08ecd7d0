using MassTransit;

namespace DistributedBatch.Messaging.Bus.Rabbit;

/// <summary>Lets a message that could not be handled move to the error queue, whoever sent it.</summary>
internal sealed class SenderlessFilter : IFilter<ExceptionReceiveContext>
{
    /// <inheritdoc/>
    public Task Send(ExceptionReceiveContext context, IPipe<ExceptionReceiveContext> next) =>
        next.Send(context.TryGetPayload(out RabbitMqBasicConsumeContext? message) ? SenderlessContext.Of(context, message) : context);

    /// <inheritdoc/>
    public void Probe(ProbeContext context) => context.CreateFilterScope("senderless");
}
