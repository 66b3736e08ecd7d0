namespace DistributedBatch.Messaging.Bus;

/// <summary>
/// Gives a message to its handler again when the handler fails, before the bus moves the message to the endpoint's <c>_error</c> queue. A busy database recovers in seconds,
/// a failover takes up to a minute. The following messages wait, so that their order is kept.
/// </summary>
internal sealed partial class HandlerRetry(TimeProvider time, ILogger<HandlerRetry> logger)
{
    private static readonly TimeSpan[] Delays =
    [
        TimeSpan.FromMilliseconds(50), TimeSpan.FromMilliseconds(250), TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(2),
        TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(20), TimeSpan.FromSeconds(20),
    ];

    public async Task HandleAsync<TMessage>(IMessageHandler<TMessage> handler, TMessage message, CancellationToken cancellation)
        where TMessage : class
    {
        // A retry would not help.
        if (message is IVersioned { Protocol: > Protocol.Version and var protocol })
            throw new NewerMessageException(typeof(TMessage).Name, protocol);
        foreach (var delay in Delays)
        {
            try
            {
                await handler.HandleAsync(message, cancellation);
                return;
            }
            catch (Exception failure) when (!cancellation.IsCancellationRequested && failure is not MessageReturnedException)
            {
                LogAgain(failure, typeof(TMessage).Name, delay.TotalSeconds);
            }

            await Task.Delay(delay, time, cancellation);
        }

        await handler.HandleAsync(message, cancellation);
    }

    [LoggerMessage(121, LogLevel.Warning, "A {Message} could not be handled; trying again in {Seconds} s")]
    private partial void LogAgain(Exception failure, string message, double seconds);
}
