using System.Collections.Concurrent;
using System.Threading.Channels;
using DistributedBatch.Messaging.Bus;
using DistributedBatch.Messaging.Connections;

namespace DistributedBatch.Messaging.Chunks.Rabbit;

/// <summary>
/// The chunks of one host and resource class, received on one channel whose credit <see cref="HostCredit"/> decides. When the channel is lost it opens another;
/// look-ahead that turns out long goes back to the producer.
/// </summary>
internal sealed partial class RabbitChunkBuffer : IChunkBuffer
{
    /// <summary>How long a buffer that closes waits for the bus. Without it the broker takes the chunks back, which costs them a delivery.</summary>
    private static readonly TimeSpan CloseTimeout = TimeSpan.FromSeconds(3);

    private static readonly TimeSpan PauseCheck = TimeSpan.FromSeconds(5);

    private readonly ConnectionSupervisor connection;
    private readonly MessageBus bus;
    private readonly ChunkCodec codec;
    private readonly NewerChunkPause pause;
    private readonly string name;
    private readonly string queue;
    private readonly BrokerOptions options;
    private readonly TimeProvider time;
    private readonly ILogger logger;
    private readonly HostCredit credit;
    private readonly Channel<RabbitDelivery> ready = Channel.CreateUnbounded<RabbitDelivery>();
    private readonly ConcurrentQueue<(ulong Tag, ReturnedChunk Chunk)> redelivered = [];
    private readonly CancellationTokenSource closing = new();
    private readonly SemaphoreSlim changed = new(0);
    private readonly Lock starting = new();
    private int waiting;
    private Task? loop;
    private int disposed;

    public RabbitChunkBuffer(
        ConnectionSupervisor connection, MessageBus bus, ChunkCodec codec, NewerChunkPause pause, string name, string queue, BrokerOptions options, TimeProvider time, ILogger logger)
    {
        (this.connection, this.bus, this.codec, this.pause, this.name, this.queue, this.options, this.time, this.logger) =
            (connection, bus, codec, pause, name, queue, options, time, logger);
        credit = new HostCredit(options, time);
    }

    /// <inheritdoc/>
    public int Slots
    {
        get => credit.Slots;
        set
        {
            credit.Slots = value;
            lock (starting)
            {
                if (value > 0)
                    loop ??= Task.Run(RunAsync);
            }

            Changed();
        }
    }

    /// <summary>Chunks that lie ready for a slot.</summary>
    public int Ready => ready.Reader.Count;

    /// <inheritdoc/>
    public bool IsLow => Ready is var count && (count == 0 || (IsFull && count * 4 < credit.LookAhead));

    /// <inheritdoc/>
    public bool IsFull => credit.Live is not { Room: > 0 };

    /// <inheritdoc/>
    public async ValueTask<ChunkDelivery> ReceiveAsync(CancellationToken cancellation)
    {
        Interlocked.Increment(ref waiting);
        try
        {
            RabbitDelivery delivery;
            do
                delivery = await ready.Reader.ReadAsync(cancellation);
            while (delivery.Lost.IsCancellationRequested);
            credit.Started(delivery);
            return delivery;
        }
        finally
        {
            Interlocked.Decrement(ref waiting);
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref disposed, 1) != 0)
            return;
        await closing.CancelAsync();
        if (loop is not null)
            await loop;
        closing.Dispose();
        changed.Dispose();
    }

    /// <summary>See <see cref="ChunkDelivery.Finished"/>.</summary>
    internal void HandleEnd(RabbitDelivery delivery)
    {
        if (credit.Ended(delivery))
            Changed();
    }

    /// <summary>See <see cref="ChunkDelivery.Settle"/>.</summary>
    internal void Settle(RabbitDelivery delivery)
    {
        credit.Acknowledged(delivery);
        delivery.Channel.Settle(delivery.Tag);
    }

    /// <summary>See <see cref="ChunkDelivery.LeaseAsync"/>.</summary>
    internal Task LeaseAsync(RabbitDelivery delivery)
    {
        credit.Leased(delivery);
        return delivery.Channel.AcknowledgeWithoutReplacementAsync(delivery.Tag);
    }

    /// <summary>Tells the producer that no host can run a chunk, with the reason, and then acknowledges it.</summary>
    internal async Task PublishDeadAsync(QueueChannel from, ulong tag, RunId run, int index, int attempt, string reason)
    {
        LogRejected(name, reason);
        try
        {
            await bus.PublishAsync(new ChunkDead(run, index, attempt, reason, time.GetUtcNow()) { Host = options.HostName }, from.Lost);
            await from.AcknowledgeAsync(tag);
        }
        catch (OperationCanceledException)
        {
            // The channel is lost, and the message is back in its queue.
        }
    }

    private void Changed()
    {
        if (changed.CurrentCount == 0)
            changed.Release();
    }

    /// <summary>Opens a channel, works with it until it is lost, opens the next.</summary>
    private async Task RunAsync()
    {
        for (var failures = 1; !closing.IsCancellationRequested; failures++)
        {
            try
            {
                var connected = await connection.ConnectedAsync(closing.Token);
                await using var open = await QueueChannel.OpenAsync(connected, queue, name, ConsumerArguments(), Receive, Changed, closing.Token);
                credit.Live = open;
                await WorkAsync(open, () => failures = 0);
            }
            catch (OperationCanceledException) when (closing.IsCancellationRequested)
            {
                return;
            }
            catch (Exception failure) when (ConnectionLoss.Caused(failure) || failure is OperationCanceledException)
            {
                LogNotOpened(name, failure.Message);
            }
            finally
            {
                ForgetChannel();
            }

            if (failures > 0)
                await Task.Delay(ReconnectDelay.After(failures, Random.Shared.NextDouble()), time, closing.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task WorkAsync(QueueChannel open, Action worked)
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(closing.Token, open.Lost);
        while (!ended.IsCancellationRequested)
        {
            credit.Adjust();
            var isPaused = pause.Reason is not null;
            await open.SetCreditAsync(isPaused ? 0 : credit.Current);
            worked();
            await GiveBackAsync(open, credit.MaxReady, open.Lost);
            var dependsOnTime = Ready > 0 || credit.DependsOnTime;
            if (!dependsOnTime && open.IsIdle)
                await open.MergeSubscriptionsAsync();
            Task next = changed.WaitAsync(dependsOnTime ? HostCredit.LongAfter : isPaused ? PauseCheck : Timeout.InfiniteTimeSpan, ended.Token);
            await next.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        if (open.Lost.IsCancellationRequested)
        {
            LogLost(name, open.EndReason ?? "closed");
            return;
        }

        using var limit = CancellationTokenSource.CreateLinkedTokenSource(open.Lost);
        limit.CancelAfter(CloseTimeout);
        Slots = 0;
        await open.SetCreditAsync(0);
        await GiveBackAsync(open, keep: 0, limit.Token);
    }

    /// <summary>
    /// Gives chunks back to the producer: those that lie ready beyond <paramref name="keep"/> while no slot comes for them, and those that the broker had to deliver
    /// again. Each is acknowledged once the producer's queue has it. (A plain return to the queue counts as a lost host on brokers before 4.3.)
    /// </summary>
    private async Task GiveBackAsync(QueueChannel open, int keep, CancellationToken cancellation)
    {
        List<(ulong Tag, ReturnedChunk Chunk)> returned = [];
        while (redelivered.TryDequeue(out var again))
            returned.Add(again);
        while (Ready > keep && ready.Reader.TryPeek(out var oldest)
            && (Slots == 0 || time.GetElapsedTime(oldest.ArrivedAt) >= HostCredit.LongAfter) && ready.Reader.TryRead(out var delivery))
        {
            returned.Add((delivery.Tag, new ReturnedChunk(delivery.Chunk.Run, delivery.Chunk.Index, delivery.Chunk.Attempt, LostHosts: 0)));
        }

        if (returned.Count == 0)
            return;
        LogGivenBack(name, returned.Count);
        await bus.PublishAsync(new ChunksReturned(options.HostName, [.. returned.Select(one => one.Chunk)]), cancellation);
        foreach (var (tag, _) in returned)
            open.Settle(tag);
        await open.FlushAsync();
    }

    private void Receive(QueueChannel from, RawDelivery message)
    {
        switch (codec.Decode(message.Body.Span))
        {
            case DecodeResult.Readable(var chunk) when ChunkHeaders.IsRedelivered(message.Properties):
                // Another host may have been lost with it, which the producer knows better than the broker's count.
                redelivered.Enqueue((message.Tag, new ReturnedChunk(chunk.Run, chunk.Index, chunk.Attempt, LostHosts: 1)));
                Changed();
                break;
            case DecodeResult.Readable(var chunk):
                credit.Arrived();
                ready.Writer.TryWrite(new RabbitDelivery(this, from, message.Tag) { Chunk = chunk, ArrivedAt = time.GetTimestamp() });
                if (waiting == 0 && credit.LookAhead == 0)
                    Changed();
                break;
            case DecodeResult.Attributed(var run, var index, var attempt, var reason, IsNewer: true):
                redelivered.Enqueue((message.Tag, new ReturnedChunk(run, index, attempt, LostHosts: 0)));
                if (pause.Begin($"chunk {index} of run {run} was returned: {reason}"))
                    LogNewer(name, index, run.Value, reason);
                Changed();
                break;
            case DecodeResult.Attributed(var run, var index, var attempt, var reason, _):
                _ = PublishDeadAsync(from, message.Tag, run, index, attempt, $"chunk {index} of run {run} cannot be run on {name}: {reason}");
                break;
            case DecodeResult.Unreadable(var reason):
                LogRejected(name, $"a message in {queue} cannot be run: {reason}");
                _ = from.RejectAsync(message.Tag);
                break;
        }
    }

    // Its deliveries are back in the queue.
    private void ForgetChannel()
    {
        credit.Live = null;
        redelivered.Clear();
        while (ready.Reader.TryRead(out _))
        {
            // Nothing was received by another channel meanwhile.
        }
    }

    /// <summary>Since RabbitMQ 4.3 a consumer can say how long it may hold a delivery; older brokers would not know the argument.</summary>
    private Dictionary<string, object?> ConsumerArguments() => connection.Version is { HonoursConsumerTimeout: true }
        ? new() { ["x-consumer-timeout"] = (long)options.DeliveryTimeout.TotalMilliseconds }
        : [];

    [LoggerMessage(111, LogLevel.Information, "{Host} lost its chunk channel ({Reason}) and opens another; its chunks may run elsewhere too")]
    private partial void LogLost(string host, string reason);

    [LoggerMessage(112, LogLevel.Warning, "{Host} cannot open its chunk channel yet ({Reason}); trying again")]
    private partial void LogNotOpened(string host, string reason);

    [LoggerMessage(115, LogLevel.Error, "{Host} returns chunk {Index} of run {Run} and takes none for a minute: {Reason}")]
    private partial void LogNewer(string host, int index, string run, string reason);

    [LoggerMessage(113, LogLevel.Error, "{Host} rejects a message: {Reason}")]
    private partial void LogRejected(string host, string reason);

    [LoggerMessage(114, LogLevel.Debug, "{Host} gives {Count} chunks back to the producer")]
    private partial void LogGivenBack(string host, int count);
}
