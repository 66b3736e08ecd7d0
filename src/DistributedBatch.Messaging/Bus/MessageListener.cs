using MassTransit;

namespace DistributedBatch.Messaging.Bus;

/// <summary>Gives facts and broadcasts to their handler, again when it stumbled.</summary>
internal sealed class MessageListener<TMessage, THandler> : BusListener
    where TMessage : class
    where THandler : class, IMessageHandler<TMessage>
{
    /// <inheritdoc/>
    public override Type Message => typeof(TMessage);

    // A handler may publish and so need the bus, which is built before it: it is asked for with each message.

    /// <inheritdoc/>
    public override Task HearAsync(object message, IServiceProvider services, CancellationToken cancellation) =>
        services.GetRequiredService<HandlerRetry>().HandleAsync(services.GetRequiredService<THandler>(), (TMessage)message, cancellation);

    /// <inheritdoc/>
    public override void Configure(IReceiveEndpointConfigurator endpoint, IServiceProvider services) =>
        endpoint.Handler<TMessage>(context => HearAsync(context.Message, services, context.CancellationToken));
}
