using DistributedBatch.Messaging.Bus;
using DistributedBatch.Messaging.Chunks.Rabbit;
using DistributedBatch.Messaging.Publishing;
using DistributedBatch.Messaging.Queues;

namespace DistributedBatch.Messaging.DeadLetters;

/// <summary>
/// Reads the dead-letter queues of the services. A request that expired because no service received it in time is dropped: its sender has the answer that nobody took it,
/// and it may carry secrets. Any other message moves to the parking queue for the administrator. Runs in the producer's process.
/// </summary>
internal sealed partial class ExpiredRequests(
    DeadLetterQueue queues, ConfirmedPublisher publisher, IEnumerable<BusEndpoint> endpoints, Topology topology, ILogger<ExpiredRequests> logger) : BackgroundService
{
    protected override Task ExecuteAsync(CancellationToken stoppingToken) => endpoints.Any(endpoint => endpoint.Queue == Topology.ProducerReportsQueue)
        ? Task.WhenAll(topology.ServiceDeadQueues.Select(
            queue => queues.ReadAsync(queue, (letter, cancellation) => HandleAsync(letter, queue, cancellation), stoppingToken)))
        : Task.CompletedTask;

    private async Task HandleAsync(DeadLetter letter, string queue, CancellationToken cancellation)
    {
        if (letter.HasExpired)
        {
            LogExpired(queue);
            return;
        }

        LogParked(queue, topology.ParkingQueue, letter.Reason);
        await publisher.PublishAsync(topology.ParkingQueue, letter.Body, ChunkHeaders.Aside(letter.Reason), cancellation);
    }

    [LoggerMessage(138, LogLevel.Information, "A request in {Queue} had expired and was dropped; its sender was told that nobody answered")]
    private partial void LogExpired(string queue);

    [LoggerMessage(139, LogLevel.Error, "A message in {Queue} could not be delivered and was moved to {Parking}: {Reason}")]
    private partial void LogParked(string queue, string parking, string reason);
}
