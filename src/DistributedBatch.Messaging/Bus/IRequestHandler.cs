namespace DistributedBatch.Messaging.Bus;

/// <summary>Handles requests of one type.</summary>
/// <typeparam name="TRequest">The request.</typeparam>
/// <typeparam name="TResponse">The response.</typeparam>
public interface IRequestHandler<in TRequest, TResponse>
    where TRequest : class
    where TResponse : class
{
    /// <summary>Gives the response to <paramref name="request"/>; a refusal is a response, not an exception.</summary>
    Task<TResponse> AnswerAsync(TRequest request, CancellationToken cancellation);
}
