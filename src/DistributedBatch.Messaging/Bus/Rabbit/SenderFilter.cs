using DistributedBatch.Messaging.Access;
using DistributedBatch.Messaging.Queues;
using MassTransit;

namespace DistributedBatch.Messaging.Bus.Rabbit;

/// <summary>Refuses messages that their sender may not send.</summary>
internal sealed class SenderFilter(BusEndpoint endpoint, MessageSenders senders, MessageRefusals refusals) : IFilter<ConsumeContext>
{
    /// <inheritdoc/>
    public Task Send(ConsumeContext context, IPipe<ConsumeContext> next)
    {
        var user = context.ReceiveContext.TryGetPayload(out RabbitMqBasicConsumeContext? delivery) ? delivery.Properties.UserId : null;
        var message = endpoint.MessageIn(context);
        var refusal = !Topology.IsOfHosts(endpoint) ? senders.RefusalOfService(user, mustBeNamed: !endpoint.Durable)
            : message is IHostMessage ofHost ? senders.RefusalOfHost(user, ofHost)
            : (RefusalReason.WrongType, "A host may not send it.");
        if (refusal is not var (reason, sentence))
            return next.Send(context);
        refusals.Add(endpoint.Queue, message, reason, sentence);
        throw new MessageRefusedException(sentence);
    }

    /// <inheritdoc/>
    public void Probe(ProbeContext context) => context.CreateFilterScope("sender");
}
