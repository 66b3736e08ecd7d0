using DistributedBatch.Messaging.Bus;
using DistributedBatch.Messaging.Connections;
using DistributedBatch.Messaging.Queues;

namespace DistributedBatch.Messaging.DeadLetters;

/// <summary>
/// Messages of a newer protocol wait in the error queue of their endpoint for a newer program. Each start of a producer or tracker moves them back once: a program that is
/// new enough handles them, and an older one puts them there again. See <see cref="ErrorQueue"/>.
/// </summary>
internal sealed partial class NewerMessageReturn(
    ErrorQueue errors, IEnumerable<BusEndpoint> endpoints, Topology topology, ILogger<NewerMessageReturn> logger) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        foreach (var endpoint in endpoints.Where(endpoint => endpoint.Durable))
        {
            try
            {
                if (await errors.RequeueAsync(topology.Named(endpoint.Queue), stoppingToken) is > 0 and var count)
                    LogReturned(count, endpoint.Queue);
            }
            catch (Exception failure) when (ConnectionLoss.Caused(failure))
            {
                LogNotReturned(endpoint.Queue, failure.Message);
            }
        }
    }

    [LoggerMessage(134, LogLevel.Information, "{Count} messages of a newer protocol were moved back to {Queue}")]
    private partial void LogReturned(int count, string queue);

    [LoggerMessage(135, LogLevel.Warning, "Messages of a newer protocol could not be moved back to {Queue} ({Reason}); the next start tries again")]
    private partial void LogNotReturned(string queue, string reason);
}
