using MassTransit;

namespace DistributedBatch.Messaging.Bus.Rabbit;

/// <summary>Refuses messages that say what cannot be, so that no handler has to expect a missing list or an impossible number.</summary>
internal sealed class ContentFilter(BusEndpoint endpoint, MessageRefusals refusals) : IFilter<ConsumeContext>
{
    /// <inheritdoc/>
    public Task Send(ConsumeContext context, IPipe<ConsumeContext> next)
    {
        // A newer message may say more than this program can judge. It waits for a program that can.
        var message = endpoint.MessageIn(context);
        if (message is IVersioned { Protocol: > Protocol.Version } || MessageCheck.Mistake(message) is not { } mistake)
            return next.Send(context);
        var sentence = $"The content of {message?.GetType().Name ?? "the message"} is wrong: {mistake}.";
        refusals.Add(endpoint.Queue, message, RefusalReason.WrongContent, sentence);
        throw new MessageRefusedException(sentence);
    }

    /// <inheritdoc/>
    public void Probe(ProbeContext context) => context.CreateFilterScope("content");
}
