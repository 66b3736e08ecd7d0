using MassTransit;

namespace DistributedBatch.Messaging.Bus;

/// <summary>Gives messages to their handler, and again when it fails.</summary>
internal sealed class MessageListener<TMessage, THandler> : BusListener
    where TMessage : class
    where THandler : class, IMessageHandler<TMessage>
{
    /// <inheritdoc/>
    public override Type Message => typeof(TMessage);

    // Resolved with each message: a handler may need the bus, which is created before its handlers.

    /// <inheritdoc/>
    public override Task HearAsync(object message, IServiceProvider services, CancellationToken cancellation) =>
        services.GetRequiredService<HandlerRetry>().HandleAsync(services.GetRequiredService<THandler>(), (TMessage)message, cancellation);

    /// <inheritdoc/>
    public override object? MessageIn(ConsumeContext context) => context.TryGetMessage<TMessage>(out var typed) ? typed.Message : null;

    /// <inheritdoc/>
    public override void Configure(IReceiveEndpointConfigurator endpoint, IServiceProvider services) =>
        endpoint.Handler<TMessage>(context => HearAsync(context.Message, services, context.CancellationToken));
}
