using DistributedBatch.Messaging.Chunks.Rabbit;
using DistributedBatch.Messaging.Connections;

namespace DistributedBatch.Messaging.DeadLetters;

/// <summary>Reads dead-letter queues, one message after the other. A message is acknowledged when it is handled.</summary>
internal sealed partial class DeadLetterQueue(BrokerConnections connections, BrokerOptions options, TimeProvider time, ILogger<DeadLetterQueue> logger)
{
    private const int Credit = 16;

    /// <summary>Reads a queue until <paramref name="stopping"/>, over all losses of the connection.</summary>
    /// <param name="queue">Name of the queue on the broker.</param>
    /// <param name="handle">Handles a message. When it fails, the message comes again.</param>
    /// <param name="stopping">Ends the reading.</param>
    public async Task ReadAsync(string queue, Func<DeadLetter, CancellationToken, Task> handle, CancellationToken stopping)
    {
        var failures = 0;
        while (!stopping.IsCancellationRequested)
        {
            try
            {
                await ReadOnceAsync(queue, handle, () => failures = 0, stopping);
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

    private async Task ReadOnceAsync(string queue, Func<DeadLetter, CancellationToken, Task> handle, Action worked, CancellationToken stopping)
    {
        var live = await connections.Consuming.ConnectedAsync(stopping);
        var letters = System.Threading.Channels.Channel.CreateUnbounded<DeadLetter>();
        await using var channel = await QueueChannel.OpenAsync(
            live,
            queue,
            $"{options.HostName} dead letters",
            new Dictionary<string, object?>(),
            (_, message) => letters.Writer.TryWrite(new DeadLetter(
                message.Tag, message.Body.ToArray(), ChunkHeaders.Reason(message.Properties), ChunkHeaders.HasExpired(message.Properties))),
            creditMissing: () => { },
            stopping);
        await channel.SetCreditAsync(Credit);
        using var open = CancellationTokenSource.CreateLinkedTokenSource(stopping, channel.Lost);
        await foreach (var letter in letters.Reader.ReadAllAsync(open.Token))
        {
            await handle(letter, open.Token);
            await channel.AcknowledgeAsync(letter.Tag);
            worked();
        }
    }

    [LoggerMessage(133, LogLevel.Warning, "Cannot read {Queue} ({Reason}); trying again")]
    private partial void LogTrouble(string queue, string reason);
}
