using DistributedBatch.Messaging.Bus;
using DistributedBatch.Messaging.Chunks.Rabbit;
using DistributedBatch.Messaging.Publishing;
using DistributedBatch.Messaging.Queues;

namespace DistributedBatch.Messaging.DeadLetters;

/// <summary>
/// Reads the dead-letter queues of chunks. Each dead letter becomes a <see cref="ChunkDead"/> message to the producer and is acknowledged after that. A dead letter that
/// names no run moves to the parking queue. Runs in the producer's process; several producers share the work.
/// </summary>
internal sealed partial class DeadLetterReader(
    DeadLetterQueue queues,
    ConfirmedPublisher publisher,
    MessageBus bus,
    IEnumerable<BusEndpoint> endpoints,
    Topology topology,
    TimeProvider time,
    ILogger<DeadLetterReader> logger) : BackgroundService
{
    protected override Task ExecuteAsync(CancellationToken stoppingToken) => endpoints.Any(endpoint => endpoint.Queue == Topology.ProducerReportsQueue)
        ? Task.WhenAll(topology.DeadQueues.Select(queue => ReadAsync(queue, stoppingToken)))
        : Task.CompletedTask;

    private Task ReadAsync(string queue, CancellationToken stopping)
    {
        var codec = new ChunkCodec();
        return queues.ReadAsync(queue, (letter, cancellation) => HandleAsync(letter, codec.Decode(letter.Body), queue, cancellation), stopping);
    }

    private async Task HandleAsync(DeadLetter letter, DecodeResult reading, string queue, CancellationToken cancellation)
    {
        var dead = reading switch
        {
            DecodeResult.Readable(var chunk) => new ChunkDead(chunk.Run, chunk.Index, chunk.Attempt, letter.Reason, time.GetUtcNow()),
            DecodeResult.Attributed(var run, var index, var attempt, _, _) => new ChunkDead(run, index, attempt, letter.Reason, time.GetUtcNow()),
            _ => null,
        };
        if (dead is not null)
        {
            LogDead(dead.Index, dead.Run.Value, dead.Reason);
            await bus.PublishAsync(dead, cancellation);
            return;
        }

        var reason = reading is DecodeResult.Unreadable(var unreadable) ? $"{letter.Reason}: {unreadable}" : letter.Reason;
        LogParked(queue, topology.ParkingQueue, reason);
        await publisher.PublishAsync(topology.ParkingQueue, letter.Body, ChunkHeaders.Aside(reason), cancellation);
    }

    [LoggerMessage(131, LogLevel.Error, "Chunk {Index} of run {Run} is dead: {Reason}")]
    private partial void LogDead(int index, string run, string reason);

    [LoggerMessage(132, LogLevel.Error, "A message in {Queue} belongs to no known run and was moved to {Parking}: {Reason}")]
    private partial void LogParked(string queue, string parking, string reason);
}
