using DistributedBatch.Contracts.Messages;
using Microsoft.Extensions.Logging;

namespace DistributedBatch.Messaging.Bus;

/// <summary>
/// Gives a message to its handler again when that failed, before the bus puts it on the endpoint's <c>_error</c> queue where nobody looks. A busy database
/// is over in seconds, a failing-over one in a minute; the messages behind wait, so that order is kept.
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
        // Time does not make this program newer.
        if (message is IVersioned { Protocol: > Protocol.Version and var protocol })
            throw new NewerMessageException(typeof(TMessage).Name, protocol);
        foreach (var delay in Delays)
        {
            try
            {
                await handler.HandleAsync(message, cancellation);
                return;
            }
            catch (Exception failure) when (!cancellation.IsCancellationRequested)
            {
                LogAgain(failure, typeof(TMessage).Name, delay.TotalSeconds);
            }

            await Task.Delay(delay, time, cancellation);
        }

        await handler.HandleAsync(message, cancellation);
    }

    [LoggerMessage(121, LogLevel.Warning, "A {Message} could not be taken in; trying again in {Seconds} s")]
    private partial void LogAgain(Exception failure, string message, double seconds);
}
