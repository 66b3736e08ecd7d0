using DistributedBatch.Contracts.Messages;
using DistributedBatch.Contracts.Runs;
using DistributedBatch.Messaging.Bus;
using DistributedBatch.Messaging.Connections;
using Microsoft.Extensions.Logging;

namespace DistributedBatch.Messaging.Chunks.Rabbit;

/// <summary>
/// One slot's consumer, on a channel of its own: a timeout or error closes a channel and gives back every delivery on it, so slots must not share one. When the
/// channel is lost the lane opens another and goes on; when a chunk of a deep lane turns out long, the chunks behind it go back to the queue.
/// </summary>
internal sealed partial class RabbitChunkLane : IChunkLane
{
    private readonly ConnectionSupervisor connection;
    private readonly MessageBus bus;
    private readonly ChunkCodec codec;
    private readonly LaneSite site;
    private readonly LaneGroup group;
    private readonly BrokerOptions options;
    private readonly TimeProvider time;
    private readonly ILogger logger;
    private readonly CancellationTokenSource closing = new();
    private readonly LaneDepth depth;
    private QueueConsumer<LaneArrival>? generation;
    private Task<QueueConsumer<LaneArrival>>? opening;
    private RabbitDelivery? current;
    private int disposed;

    public RabbitChunkLane(
        ConnectionSupervisor connection, MessageBus bus, ChunkCodec codec, LaneSite site, LaneGroup group, BrokerOptions options, TimeProvider time, ILogger logger)
    {
        this.connection = connection;
        this.bus = bus;
        this.codec = codec;
        this.site = site;
        this.group = group;
        this.options = options;
        this.time = time;
        this.logger = logger;
        Pace = new LanePace(time);
        depth = new LaneDepth(Pace, bus, site, options, time, logger);
        group.Add(this);
    }

    public LanePace Pace { get; }

    /// <summary>Chunks the lane asks for at once now.</summary>
    public int Depth => generation?.Depth ?? 0;

    /// <summary>What it holds and may hold.</summary>
    public LaneStock Stock => Live is { } open ? new LaneStock(open.Depth, open.Room, open.Arrivals.Count) : default;

    /// <summary>Its channel, unless that is lost.</summary>
    public QueueConsumer<LaneArrival>? Live => generation is { Lost.IsCancellationRequested: false } open ? open : null;

    /// <inheritdoc/>
    public bool RunsLow => Stock.RunsLow && group.Stock().RunsLow;

    /// <inheritdoc/>
    public bool IsSpent => group.Stock().Room <= 0;

    /// <inheritdoc/>
    public async ValueTask<ChunkDelivery> ReceiveAsync(CancellationToken cancellation)
    {
        var freed = Pace.Freed();
        depth.Freed(freed);
        if (current is { Freed: 0 } last)
            last.Freed = freed;
        while (true)
        {
            var open = await OpenGenerationAsync(cancellation);
            try
            {
                if (!await depth.AskAsync(open))
                    continue;
                var waits = !open.HasArrived;
                var (from, arrival) = waits && group.TryBorrow(this, out var lender, out var lent)
                    ? (lender, lent)
                    : (open, await open.Arrivals.ReadAsync(cancellation));
                if (from.Lost.IsCancellationRequested || arrival.Chunk is null)
                    continue;
                if (open.Depth == 1 && waits && from == open)
                    Pace.ArrivedAlone();
                depth.HandedOut(open, Pace.HandedOut());
                return current = new RabbitDelivery(this, from, arrival.Tag) { Chunk = arrival.Chunk, Returned = arrival.Returned };
            }
            catch (System.Threading.Channels.ChannelClosedException)
            {
                LogLost(site.Name, open.EndReason ?? "closed");
            }
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref disposed, 1) != 0)
            return;
        group.Remove(this);
        await closing.CancelAsync();
        await depth.DisposeAsync();
        if (opening is not null)
            await opening.ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);

        // What it borrowed would not come back by closing its own channel, and the lender's waits for it.
        if (current is { IsSettled: false } borrowed && borrowed.Generation != generation)
            await ReturnAsync(borrowed.Generation, borrowed.Tag, borrowed.Chunk);
        if (generation is { } last)
        {
            await depth.HandBackAsync(last);
            if (last.LoansDoneAsync() is { IsCompleted: false } loans)
                _ = CloseAsync(last, loans);
            else
                await last.DisposeAsync();
        }

        closing.Dispose();
    }

    /// <summary>Tells the producer that a chunk cannot be run here, with the reason, and then acknowledges it.</summary>
    internal async Task PutAsideAsync(QueueConsumer<LaneArrival> from, ulong tag, RunId run, int index, int attempt, string reason)
    {
        LogAside(site.Name, reason);
        await TellAsync(from, tag, new ChunkDead(run, index, attempt, reason, time.GetUtcNow()));
    }

    /// <summary>
    /// Tells the producer that a host was lost with a chunk, and then acknowledges it. The broker's own count says too much: the channels of a lost connection end one
    /// after the other, and meanwhile the chunk goes to those yet to end and comes back from each (rabbit_fifo.erl, handle_down). A chunk that is fed again starts at
    /// none, so that whatever the count is, it means one lost host.
    /// </summary>
    private async Task ReturnAsync(QueueConsumer<LaneArrival> from, ulong tag, RunChunk chunk)
    {
        LogReturned(site.Name, chunk.Index, chunk.Run.Value);
        await TellAsync(from, tag, new ChunksReturned(options.HostName, [new ReturnedChunk(chunk.Run, chunk.Index, chunk.Attempt, LostHosts: 1)]));
    }

    // A channel that closes gives back what others have borrowed from it and are still at.
    private static async Task CloseAsync(QueueConsumer<LaneArrival> last, Task loans)
    {
        await loans.WaitAsync(last.Lost).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await last.FlushAsync();
        await last.DisposeAsync();
    }

    private async Task TellAsync<T>(QueueConsumer<LaneArrival> from, ulong tag, T fact)
        where T : class
    {
        try
        {
            await bus.PublishAsync(fact, from.Lost);
            await from.AcknowledgeAsync(tag);
        }
        catch (OperationCanceledException)
        {
            // The channel is gone, and the message is back in its queue.
        }
    }

    private LaneArrival Take(QueueConsumer<LaneArrival> from, RawDelivery parcel)
    {
        switch (codec.Decode(parcel.Body.Span))
        {
            case DecodeResult.Readable(var chunk) when !ChunkHeaders.Returned(parcel.Properties):
                return new LaneArrival(parcel.Tag, chunk);
            case DecodeResult.Readable({ CrashLimit: <= 1 } poisonous):
                return new LaneArrival(parcel.Tag, poisonous, Returned: true);
            case DecodeResult.Readable(var lost):
                _ = ReturnAsync(from, parcel.Tag, lost);
                break;
            case DecodeResult.Attributed(var run, var index, var attempt, var reason):
                _ = PutAsideAsync(from, parcel.Tag, run, index, attempt, $"chunk {index} of run {run} cannot be run on {site.Name}: {reason}");
                break;
            case DecodeResult.Unreadable(var reason):
                LogAside(site.Name, $"a message in {site.Queue} cannot be run: {reason}");
                _ = from.RejectAsync(parcel.Tag);
                break;
        }

        return new LaneArrival(parcel.Tag);
    }

    /// <summary>The live channel. Opening goes on when the caller gives up waiting for it, so that no half-open channel is left behind.</summary>
    private async ValueTask<QueueConsumer<LaneArrival>> OpenGenerationAsync(CancellationToken cancellation)
    {
        if (generation is { Lost.IsCancellationRequested: false } open)
            return open;
        opening ??= OpenAgainAsync();
        var opened = await opening.WaitAsync(cancellation);
        opening = null;
        return opened;
    }

    private async Task<QueueConsumer<LaneArrival>> OpenAgainAsync()
    {
        if (generation is { } ended)
            await ended.DisposeAsync();
        generation = null;
        for (var failures = 1; ; failures++)
        {
            var live = await connection.ConnectedAsync(closing.Token);
            try
            {
                return generation = await QueueConsumer<LaneArrival>.OpenAsync(
                    live, site.Queue, site.Name, ConsumerArguments(), Take, closing.Token);
            }
            catch (Exception failure) when (ConfirmedPublisher.IsLoss(failure))
            {
                LogNotOpened(site.Name, failure.Message);
                await Task.Delay(ReconnectDelay.After(failures, Random.Shared.NextDouble()), time, closing.Token);
            }
        }
    }

    /// <summary>Since 4.3 a consumer can say how long it may hold a delivery; older brokers would not know the argument.</summary>
    private Dictionary<string, object?> ConsumerArguments() => connection.Version is { HonoursConsumerTimeout: true }
        ? new() { ["x-consumer-timeout"] = (long)options.DeliveryTimeout.TotalMilliseconds }
        : [];
}
