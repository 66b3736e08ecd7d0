using MassTransit;

namespace DistributedBatch.Messaging.Bus;

/// <summary>Answers requests of one kind.</summary>
internal abstract class AnswerListener<TRequest, TResponse> : BusListener
    where TRequest : class
    where TResponse : class
{
    /// <inheritdoc/>
    public override Type Message => typeof(TRequest);

    /// <summary>The answer to a request.</summary>
    public abstract Task<TResponse> AnswerAsync(TRequest request, IServiceProvider services, CancellationToken cancellation);

    /// <summary>A request without somebody who waits for its answer.</summary>
    public override Task HearAsync(object message, IServiceProvider services, CancellationToken cancellation) =>
        AnswerAsync((TRequest)message, services, cancellation);

    /// <inheritdoc/>
    public override void Configure(IReceiveEndpointConfigurator endpoint, IServiceProvider services) =>
        endpoint.Handler<TRequest>(async context =>
            await context.RespondAsync(await AnswerAsync(context.Message, services, context.CancellationToken), WireNames.AddFormer));
}

/// <summary>Lets the <typeparamref name="TAnswerer"/> of the container answer.</summary>
internal sealed class AnswerListener<TRequest, TResponse, TAnswerer> : AnswerListener<TRequest, TResponse>
    where TRequest : class
    where TResponse : class
    where TAnswerer : class, IRequestHandler<TRequest, TResponse>
{
    /// <inheritdoc/>
    public override Task<TResponse> AnswerAsync(TRequest request, IServiceProvider services, CancellationToken cancellation) =>
        services.GetRequiredService<TAnswerer>().AnswerAsync(request, cancellation);
}
