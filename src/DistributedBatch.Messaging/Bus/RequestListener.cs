using MassTransit;

namespace DistributedBatch.Messaging.Bus;

/// <summary>Receives requests of one type and sends the responses.</summary>
internal abstract class RequestListener<TRequest, TResponse> : BusListener
    where TRequest : class
    where TResponse : class
{
    /// <inheritdoc/>
    public override Type Message => typeof(TRequest);

    /// <summary>Gives the response to a request.</summary>
    public abstract Task<TResponse> AnswerAsync(TRequest request, IServiceProvider services, CancellationToken cancellation);

    /// <summary>Handles a request whose sender does not wait for the response.</summary>
    public override Task HearAsync(object message, IServiceProvider services, CancellationToken cancellation) =>
        AnswerAsync((TRequest)message, services, cancellation);

    /// <inheritdoc/>
    public override object? MessageIn(ConsumeContext context) => context.TryGetMessage<TRequest>(out var typed) ? typed.Message : null;

    /// <inheritdoc/>
    public override void Configure(IReceiveEndpointConfigurator endpoint, IServiceProvider services) =>
        endpoint.Handler<TRequest>(async context =>
            await context.RespondAsync(await AnswerAsync(context.Message, services, context.CancellationToken), WireNames.AddFormer));
}

/// <summary>Gives requests to the <typeparamref name="THandler"/> of the container.</summary>
internal sealed class RequestListener<TRequest, TResponse, THandler> : RequestListener<TRequest, TResponse>
    where TRequest : class
    where TResponse : class
    where THandler : class, IRequestHandler<TRequest, TResponse>
{
    /// <inheritdoc/>
    public override Task<TResponse> AnswerAsync(TRequest request, IServiceProvider services, CancellationToken cancellation) =>
        services.GetRequiredService<THandler>().AnswerAsync(request, cancellation);
}
