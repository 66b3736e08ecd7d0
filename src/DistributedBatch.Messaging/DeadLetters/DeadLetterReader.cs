using DistributedBatch.Messaging.Bus;
using DistributedBatch.Messaging.Chunks.Rabbit;
using DistributedBatch.Messaging.Connections;
using DistributedBatch.Messaging.Publishing;
using DistributedBatch.Messaging.Queues;

namespace DistributedBatch.Messaging.DeadLetters;

/// <summary>
/// Reads the dead-letter queues of chunks. Each dead letter becomes a <see cref="ChunkDead"/> message to the producer and is acknowledged after that. A dead letter that
/// names no run moves to the parking queue. Runs in the producer's process; several producers share the work.
/// </summary>
internal sealed partial class DeadLetterReader(
    BrokerConnections connections,
    ConfirmedPublisher publisher,
    MessageBus bus,
    IEnumerable<BusEndpoint> endpoints,
    Topology topology,
    BrokerOptions options,
    TimeProvider time,
    ILogger<DeadLetterReader> logger) : BackgroundService
{
    private const int Credit = 16;

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => endpoints.Any(endpoint => endpoint.Queue == Topology.ProducerReportsQueue)
        ? Task.WhenAll(topology.DeadQueues.Select(queue => ReadForEverAsync(queue, stoppingToken)))
        : Task.CompletedTask;

    private async Task ReadForEverAsync(string queue, CancellationToken stopping)
    {
        var failures = 0;
        while (!stopping.IsCancellationRequested)
        {
            try
            {
                await ReadAsync(queue, () => failures = 0, stopping);
            }
            catch (OperationCanceledException)
            {
                // Stopping, or the channel was lost.
            }
            catch (Exception failure)
            {
                LogTrouble(queue, failure.Message);
            }

            await Task.Delay(ReconnectDelay.After(++failures, Random.Shared.NextDouble()), time, stopping)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task ReadAsync(string queue, Action worked, CancellationToken stopping)
    {
        var codec = new ChunkCodec();
        var live = await connections.Consuming.ConnectedAsync(stopping);
        var letters = System.Threading.Channels.Channel.CreateUnbounded<DeadLetter>();
        await using var channel = await QueueChannel.OpenAsync(
            live,
            queue,
            $"{options.HostName} dead letters",
            new Dictionary<string, object?>(),
            (_, message) => letters.Writer.TryWrite(
                new DeadLetter(message.Tag, codec.Decode(message.Body.Span), ChunkHeaders.Reason(message.Properties), message.Body.ToArray())),
            creditMissing: () => { },
            stopping);
        await channel.SetCreditAsync(Credit);
        using var open = CancellationTokenSource.CreateLinkedTokenSource(stopping, channel.Lost);
        await foreach (var letter in letters.Reader.ReadAllAsync(open.Token))
        {
            await HandleAsync(letter, queue, open.Token);
            await channel.AcknowledgeAsync(letter.Tag);
            worked();
        }
    }

    private async Task HandleAsync(DeadLetter letter, string queue, CancellationToken cancellation)
    {
        var dead = letter.Reading switch
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

        var reason = letter.Reading is DecodeResult.Unreadable(var unreadable) ? $"{letter.Reason}: {unreadable}" : letter.Reason;
        LogParked(queue, topology.ParkingQueue, reason);
        await publisher.PublishAsync(topology.ParkingQueue, letter.Body, ChunkHeaders.Aside(reason), cancellation);
    }

    [LoggerMessage(131, LogLevel.Error, "Chunk {Index} of run {Run} is dead: {Reason}")]
    private partial void LogDead(int index, string run, string reason);

    [LoggerMessage(132, LogLevel.Error, "A message in {Queue} belongs to no known run and was moved to {Parking}: {Reason}")]
    private partial void LogParked(string queue, string parking, string reason);

    [LoggerMessage(133, LogLevel.Warning, "Cannot read {Queue} ({Reason}); trying again")]
    private partial void LogTrouble(string queue, string reason);

    private sealed record DeadLetter(ulong Tag, DecodeResult Reading, string Reason, byte[] Body);
}
