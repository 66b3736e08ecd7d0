using System.Threading.Channels;
using DistributedBatch.Contracts.Messages;
using DistributedBatch.Contracts.Runs;
using DistributedBatch.Messaging.Bus;
using DistributedBatch.Messaging.Connections;
using Microsoft.Extensions.Logging;

namespace DistributedBatch.Messaging.Chunks.Rabbit;

/// <summary>
/// The chunks of one host and resource class, received on one channel. Its credit is the number of slots, less those that are busy without a delivery on the channel,
/// plus the look-ahead that short chunks need. When the channel is lost it opens another; look-ahead that turns out long goes back to the producer.
/// </summary>
internal sealed partial class RabbitChunkBuffer : IChunkBuffer
{
    /// <summary>How often look-ahead is looked at, and after what time a running chunk counts as long.</summary>
    private static readonly TimeSpan LookInterval = TimeSpan.FromMilliseconds(100);

    /// <summary>How long a buffer that closes waits for the bus. Without it the broker takes the chunks back, which costs them a delivery.</summary>
    private static readonly TimeSpan CloseTimeout = TimeSpan.FromSeconds(3);

    private readonly ConnectionSupervisor connection;
    private readonly MessageBus bus;
    private readonly ChunkCodec codec;
    private readonly string name;
    private readonly string queue;
    private readonly BrokerOptions options;
    private readonly TimeProvider time;
    private readonly ILogger logger;
    private readonly Channel<RabbitDelivery> ready = Channel.CreateUnbounded<RabbitDelivery>();
    private readonly ChunkPace pace;
    private readonly CancellationTokenSource closing = new();
    private readonly SemaphoreSlim changed = new(0);

    // Guards what follows.
    private readonly Lock gate = new();
    private readonly HashSet<RabbitDelivery> busy = [];
    private readonly List<(ulong Tag, ReturnedChunk Chunk)> redelivered = [];
    private QueueChannel? live;
    private int slots;
    private int lookAhead;
    private int waiting;
    private long lastEnded;
    private Task? loop;
    private int disposed;

    public RabbitChunkBuffer(
        ConnectionSupervisor connection, MessageBus bus, ChunkCodec codec, string name, string queue, BrokerOptions options, TimeProvider time, ILogger logger)
    {
        (this.connection, this.bus, this.codec, this.name, this.queue, this.options, this.time, this.logger) =
            (connection, bus, codec, name, queue, options, time, logger);
        pace = new ChunkPace(time);
    }

    /// <inheritdoc/>
    public int Slots
    {
        get => slots;
        set
        {
            lock (gate)
            {
                slots = value;
                if (value > 0)
                    loop ??= Task.Run(RunAsync);
            }

            Changed();
        }
    }

    /// <summary>Chunks that lie ready for a slot.</summary>
    public int Ready => ready.Reader.Count;

    /// <inheritdoc/>
    public bool IsLow => Ready is var count && (count == 0 || (IsFull && count * 4 < lookAhead));

    /// <inheritdoc/>
    public bool IsFull => live is not { Room: > 0 };

    /// <inheritdoc/>
    public async ValueTask<ChunkDelivery> ReceiveAsync(CancellationToken cancellation)
    {
        Interlocked.Increment(ref waiting);
        try
        {
            while (true)
            {
                var delivery = await ready.Reader.ReadAsync(cancellation);
                if (delivery.Lost.IsCancellationRequested)
                    continue;
                delivery.ReceivedAt = time.GetTimestamp();
                lock (gate)
                    busy.Add(delivery);
                return delivery;
            }
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
    internal void Finished(RabbitDelivery delivery)
    {
        delivery.EndedAt = lastEnded = time.GetTimestamp();
        pace.Ended(time.GetElapsedTime(delivery.ReceivedAt, delivery.EndedAt));
        bool adjust;
        lock (gate)
        {
            busy.Remove(delivery);
            adjust = delivery.Channel != live || delivery.IsLeased || NextLookAhead() != lookAhead;
        }

        if (adjust)
            Changed();
    }

    /// <summary>See <see cref="ChunkDelivery.Settle"/>.</summary>
    internal void Settled(RabbitDelivery delivery) => pace.Acknowledged(delivery.EndedAt);

    /// <summary>See <see cref="ChunkDelivery.LeaseAsync"/>.</summary>
    internal Task LeaseAsync(RabbitDelivery delivery)
    {
        lock (gate)
            delivery.IsLeased = true;
        return delivery.Channel.AcknowledgeWithoutReplacementAsync(delivery.Tag);
    }

    /// <summary>Tells the producer that no host can run a chunk, with the reason, and then acknowledges it.</summary>
    internal async Task PublishDeadAsync(QueueChannel from, ulong tag, RunId run, int index, int attempt, string reason)
    {
        LogRejected(name, reason);
        try
        {
            await bus.PublishAsync(new ChunkDead(run, index, attempt, reason, time.GetUtcNow()), from.Lost);
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
                lock (gate)
                    live = open;
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
            var looks = AdjustLookAhead();
            await open.SetCreditAsync(Credit());
            worked();
            await GiveBackAsync(open, KeepReady(), open.Lost);
            if (!looks && open.IsIdle)
                await open.MergeSubscriptionsAsync();
            Task next = changed.WaitAsync(looks ? LookInterval : Timeout.InfiniteTimeSpan, ended.Token);
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

    /// <summary>Deliveries that the broker may leave with us.</summary>
    private int Credit()
    {
        lock (gate)
            return slots == 0 ? 0 : Math.Max(0, slots - busy.Count(delivery => delivery.IsLeased || delivery.Channel != live) + lookAhead);
    }

    /// <summary>Chunks that may lie ready: twice the look-ahead, because those that were fetched for it are soon worked off, and none when no slot is to receive.</summary>
    private int KeepReady()
    {
        lock (gate)
            return slots == 0 ? 0 : 2 * lookAhead;
    }

    /// <summary>Sets the look-ahead; true while it should be looked at regularly.</summary>
    private bool AdjustLookAhead()
    {
        lock (gate)
        {
            // What follows a pause may be another run.
            if (busy.Count == 0 && live is { IsIdle: true } && time.GetElapsedTime(lastEnded) >= LookInterval)
                pace.ForgetService();
            lookAhead = NextLookAhead();
            return Ready > 0 || pace.Service is not null;
        }
    }

    // A slot that is at a long chunk finishes none of those that lie ready.
    private int NextLookAhead()
    {
        var atLongOnes = busy.Count(delivery => time.GetElapsedTime(delivery.ReceivedAt) > LookInterval);
        return LookAhead.Next(lookAhead, LookAhead.For(pace.Service, pace.RoundTrip, Math.Max(0, slots - atLongOnes), options.MaxPrefetch));
    }

    /// <summary>
    /// Gives chunks back to the producer: those that lie ready beyond <paramref name="keep"/> while no slot comes for them, and those that the broker had to deliver
    /// again. Each is acknowledged once the producer's queue has it. (A plain return to the queue counts as a lost host on brokers before 4.3.)
    /// </summary>
    private async Task GiveBackAsync(QueueChannel open, int keep, CancellationToken cancellation)
    {
        List<(ulong Tag, ReturnedChunk Chunk)> returned;
        lock (gate)
        {
            returned = [.. redelivered];
            redelivered.Clear();
        }

        while (Ready > keep && ready.Reader.TryPeek(out var oldest)
            && (slots == 0 || time.GetElapsedTime(oldest.ArrivedAt) >= LookInterval) && ready.Reader.TryRead(out var delivery))
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
                lock (gate)
                    redelivered.Add((message.Tag, new ReturnedChunk(chunk.Run, chunk.Index, chunk.Attempt, LostHosts: 1)));
                Changed();
                break;
            case DecodeResult.Readable(var chunk):
                pace.Arrived();
                ready.Writer.TryWrite(new RabbitDelivery(this, from, message.Tag) { Chunk = chunk, ArrivedAt = time.GetTimestamp() });
                if (waiting == 0 && lookAhead == 0)
                    Changed();
                break;
            case DecodeResult.Attributed(var run, var index, var attempt, var reason):
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
        lock (gate)
        {
            live = null;
            redelivered.Clear();
        }

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

    [LoggerMessage(113, LogLevel.Error, "{Host} rejects a message: {Reason}")]
    private partial void LogRejected(string host, string reason);

    [LoggerMessage(114, LogLevel.Debug, "{Host} gives {Count} chunks back to the producer")]
    private partial void LogGivenBack(string host, int count);
}
