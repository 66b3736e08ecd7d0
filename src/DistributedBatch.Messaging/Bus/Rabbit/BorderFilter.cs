using System.Runtime.Serialization;
using System.Text;
using System.Text.Json;
using DistributedBatch.Messaging.Queues;
using MassTransit;
using MassTransit.Middleware.Rescue;
using MassTransit.Transports;

namespace DistributedBatch.Messaging.Bus.Rabbit;

/// <summary>
/// Looks at each message before it is read. The type stands in a header that the sender writes, so it only chooses among the handlers of the queue; a message of any other
/// type, or of none, moves to the error queue. The addresses for responses and faults in messages of hosts are removed: otherwise a host could have this process declare a
/// queue of any name and send to it.
/// </summary>
internal sealed class BorderFilter : IFilter<ReceiveContext>
{
    private const string ContentType = "application/json";

    private static readonly string[] Addresses = [MessageHeaders.ResponseAddress, MessageHeaders.FaultAddress, MessageHeaders.SourceAddress];

    private readonly BusEndpoint endpoint;
    private readonly MessageRefusals refusals;
    private readonly HashSet<string> types;

    public BorderFilter(BusEndpoint endpoint, MessageRefusals refusals)
    {
        (this.endpoint, this.refusals) = (endpoint, refusals);
        types = [.. endpoint.Messages.Select(type => MessageUrn.ForTypeString(type))];
    }

    /// <inheritdoc/>
    public async Task Send(ReceiveContext context, IPipe<ReceiveContext> next)
    {
        if (context.TryGetPayload(out RabbitMqBasicConsumeContext? delivery) && !IsExpected(context, delivery))
        {
            await RefuseAsync(context, delivery);
            return;
        }

        try
        {
            await next.Send(context);
        }
        catch (Exception failure) when (failure is SerializationException or JsonException)
        {
            refusals.Add(endpoint.Queue, message: null, RefusalReason.WrongContent, "The content of a message is not JSON of its type.");
            throw;
        }
    }

    /// <inheritdoc/>
    public void Probe(ProbeContext context) => context.CreateFilterScope("border");

    private bool IsExpected(ReceiveContext context, RabbitMqBasicConsumeContext delivery)
    {
        var headers = delivery.Properties.Headers ?? new Dictionary<string, object?>();
        if (Topology.IsOfHosts(endpoint))
        {
            foreach (var name in headers.Keys.Where(name => Addresses.Contains(name, StringComparer.OrdinalIgnoreCase)).ToList())
                headers.Remove(name);
        }

        return context.ContentType?.MediaType == ContentType && headers.TryGetValue(MessageHeaders.MessageType, out var value) && TextOf(value).Split(';').Any(types.Contains);
    }

    private async Task RefuseAsync(ReceiveContext context, RabbitMqBasicConsumeContext delivery)
    {
        var sentence = $"The queue takes {string.Join(", ", endpoint.Messages.Select(type => type.Name))} as JSON, and the message has another type or none.";
        refusals.Add(endpoint.Queue, message: null, RefusalReason.WrongType, sentence);
        if (endpoint.Durable && context.TryGetPayload(out IErrorTransport? errors))
            await errors.Send(SenderlessContext.Of(new RescueExceptionReceiveContext(context, new MessageRefusedException(sentence)), delivery));
    }

    private static string TextOf(object? value) => value switch { byte[] bytes => Encoding.UTF8.GetString(bytes), string text => text, _ => "" };
}
