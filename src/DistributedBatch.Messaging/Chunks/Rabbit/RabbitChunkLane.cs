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
    private static readonly TimeSpan LookInterval = TimeSpan.FromMilliseconds(100);

    private readonly ConnectionSupervisor connection;
    private readonly MessageBus bus;
    private readonly ChunkCodec codec;
    private readonly LaneSite site;
    private readonly BrokerOptions options;
    private readonly TimeProvider time;
    private readonly ILogger logger;
    private readonly SemaphoreSlim changing = new(1);
    private readonly CancellationTokenSource closing = new();
    private readonly ITimer lookout;
    private QueueConsumer<LaneArrival>? generation;
    private Task<QueueConsumer<LaneArrival>>? opening;
    private RabbitDelivery? current;
    private long handedOut;
    private long waitingSince;
    private int looking;
    private int disposed;

    public RabbitChunkLane(
        ConnectionSupervisor connection, MessageBus bus, ChunkCodec codec, LaneSite site, BrokerOptions options, TimeProvider time, ILogger logger)
    {
        this.connection = connection;
        this.bus = bus;
        this.codec = codec;
        this.site = site;
        this.options = options;
        this.time = time;
        this.logger = logger;
        Pace = new LanePace(time);
        lookout = time.CreateTimer(_ => _ = LookAsync(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    public LanePace Pace { get; }

    /// <summary>Chunks the lane asks for at once now.</summary>
    public int Depth => generation?.Depth ?? 0;

    /// <inheritdoc/>
    public async ValueTask<ChunkDelivery> ReceiveAsync(CancellationToken cancellation)
    {
        var freed = Pace.Freed();
        Volatile.Write(ref waitingSince, freed);
        Volatile.Write(ref handedOut, 0);
        if (current is { Freed: 0 } last)
            last.Freed = freed;
        while (true)
        {
            var open = await OpenGenerationAsync(cancellation).ConfigureAwait(false);
            try
            {
                if (!await AskAsync(open).ConfigureAwait(false))
                    continue;
                var waits = !open.HasArrived;
                var arrival = await open.Arrivals.ReadAsync(cancellation).ConfigureAwait(false);
                if (open.Lost.IsCancellationRequested || arrival.Chunk is null)
                    continue;
                if (open.Depth == 1 && waits)
                    Pace.ArrivedAlone();
                Volatile.Write(ref handedOut, Pace.HandedOut());
                return current = new RabbitDelivery(this, open, arrival.Tag) { Chunk = arrival.Chunk, Returns = arrival.Returns };
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
        await lookout.DisposeAsync().ConfigureAwait(false);
        await closing.CancelAsync().ConfigureAwait(false);
        await changing.WaitAsync().ConfigureAwait(false);
        if (opening is not null)
            await opening.ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default).ConfigureAwait(false);
        if (generation is { } last)
        {
            await HandBackAsync(last).ConfigureAwait(false);
            await last.DisposeAsync().ConfigureAwait(false);
        }

        closing.Dispose();
        changing.Dispose();
    }

    /// <summary>Tells the producer that a chunk cannot be run here, with the reason, and then acknowledges it.</summary>
    internal async Task PutAsideAsync(QueueConsumer<LaneArrival> from, ulong tag, RunId run, int index, int attempt, string reason)
    {
        LogAside(site.Name, reason);
        try
        {
            await bus.PublishAsync(new ChunkDead(run, index, attempt, reason, time.GetUtcNow()), from.Lost).ConfigureAwait(false);
            await from.AcknowledgeAsync(tag).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // The channel is gone, and the message is back in its queue.
        }
    }

    private LaneArrival Take(QueueConsumer<LaneArrival> from, Parcel parcel)
    {
        switch (codec.Decode(parcel.Body.Span))
        {
            case ChunkReading.Readable(var chunk):
                return new LaneArrival(parcel.Tag, chunk, ChunkMail.Returns(parcel.Properties));
            case ChunkReading.Attributed(var run, var index, var attempt, var reason):
                _ = PutAsideAsync(from, parcel.Tag, run, index, attempt, $"chunk {index} of run {run} cannot be run on {site.Name}: {reason}");
                break;
            case ChunkReading.Unreadable(var reason):
                LogAside(site.Name, $"a message in {site.Queue} cannot be run: {reason}");
                _ = from.RejectAsync(parcel.Tag);
                break;
        }

        return new LaneArrival(parcel.Tag, Chunk: null, Returns: 0);
    }

    /// <summary>The live channel. Opening goes on when the caller gives up waiting for it, so that no half-open channel is left behind.</summary>
    private async ValueTask<QueueConsumer<LaneArrival>> OpenGenerationAsync(CancellationToken cancellation)
    {
        if (generation is { Lost.IsCancellationRequested: false } open)
            return open;
        opening ??= OpenAgainAsync();
        var opened = await opening.WaitAsync(cancellation).ConfigureAwait(false);
        opening = null;
        return opened;
    }

    private async Task<QueueConsumer<LaneArrival>> OpenAgainAsync()
    {
        if (generation is { } ended)
            await ended.DisposeAsync().ConfigureAwait(false);
        generation = null;
        for (var failures = 1; ; failures++)
        {
            var live = await connection.ConnectedAsync(closing.Token).ConfigureAwait(false);
            try
            {
                return generation = await QueueConsumer<LaneArrival>.OpenAsync(
                    live, site.Queue, site.Name, ConsumerArguments(), Take, closing.Token).ConfigureAwait(false);
            }
            catch (Exception failure) when (ConfirmedPublisher.IsLoss(failure))
            {
                LogNotOpened(site.Name, failure.Message);
                await Task.Delay(ReconnectDelay.After(failures, Random.Shared.NextDouble()), time, closing.Token).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Since 4.3 a consumer can say how long it may hold a delivery; older brokers would not know the argument.</summary>
    private Dictionary<string, object?> ConsumerArguments() => connection.Version is { HonoursConsumerTimeout: true }
        ? new() { ["x-consumer-timeout"] = (long)options.DeliveryTimeout.TotalMilliseconds }
        : [];

    /// <summary>Sees to it that the slot, which is free now, gets chunks at the right depth. False when the channel was lost over it.</summary>
    private async ValueTask<bool> AskAsync(QueueConsumer<LaneArrival> open)
    {
        var wanted = Pace is { Service: { } service, RoundTrip: { } roundTrip } ? PrefetchDepth.Next(open.Depth, service, roundTrip, options.MaxPrefetch) : 1;
        if (wanted == open.Depth || (open.Depth != 0 && wanted > open.Depth && open.HasArrived))
            return true;
        await changing.WaitAsync().ConfigureAwait(false);
        try
        {
            // A few short ones are done sooner than they would be back.
            if (open.Depth > wanted && open.Arrivals.Count * Pace.Service > LookInterval)
                await HandBackAsync(open).ConfigureAwait(false);
            await open.ConsumeAsync(wanted).ConfigureAwait(false);
            lookout.Change(wanted > 1 ? LookInterval : Timeout.InfiniteTimeSpan, wanted > 1 ? LookInterval : Timeout.InfiniteTimeSpan);
            return true;
        }
        catch (Exception failure) when (ConfirmedPublisher.IsLoss(failure))
        {
            LogNotOpened(site.Name, failure.Message);
            await open.DisposeAsync().ConfigureAwait(false);
            await Task.Delay(ReconnectDelay.After(1, Random.Shared.NextDouble()), time, closing.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            return false;
        }
        finally
        {
            changing.Release();
        }
    }

    /// <summary>
    /// While the lane is deep: a chunk that turns out longer than the round trip must not keep the ones behind it from other slots, and what the chunks of one
    /// run have taught says nothing about those of the next, so that a lane that has nothing to do asks for one again.
    /// </summary>
    private async Task LookAsync()
    {
        var started = Volatile.Read(ref handedOut);
        var since = started == 0 ? Volatile.Read(ref waitingSince) : started;
        if (since == 0 || generation is not { HoldsMore: true } open || time.GetElapsedTime(since) < LookInterval
            || (started == 0 && !open.IsIdle) || Interlocked.Exchange(ref looking, 1) != 0)
        {
            return;
        }

        try
        {
            await changing.WaitAsync(closing.Token).ConfigureAwait(false);
            try
            {
                if (Volatile.Read(ref handedOut) != started || !open.HoldsMore)
                    return;
                if (started != 0)
                    await HandBackAsync(open).ConfigureAwait(false);
                else if (Volatile.Read(ref waitingSince) == since && open.IsIdle)
                    await StartOverAsync(open).ConfigureAwait(false);
            }
            finally
            {
                changing.Release();
            }
        }
        catch (Exception failure) when (ConfirmedPublisher.IsLoss(failure) || failure is OperationCanceledException)
        {
            // The channel or the lane has ended, and everything on it goes back by itself.
        }
        finally
        {
            Volatile.Write(ref looking, 0);
        }
    }

    private async Task StartOverAsync(QueueConsumer<LaneArrival> open)
    {
        await open.ConsumeAsync(1).ConfigureAwait(false);
        if (!open.HasArrived)
            lookout.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>
    /// Stops asking and tells the producer what no slot has seen, before it acknowledges it. A plain return would count as a lost host on brokers before 4.3,
    /// and five of those fail a chunk.
    /// </summary>
    private async Task HandBackAsync(QueueConsumer<LaneArrival> open)
    {
        try
        {
            await open.PauseAsync().ConfigureAwait(false);
            List<ulong> unseen = [];
            List<ReturnedChunk> chunks = [];
            while (open.Arrivals.TryRead(out var arrival))
            {
                if (arrival.Chunk is not { } chunk)
                    continue;
                unseen.Add(arrival.Tag);
                chunks.Add(new ReturnedChunk(chunk.Run, chunk.Index, chunk.Attempt, arrival.Returns));
            }

            if (chunks.Count == 0)
                return;
            await bus.PublishAsync(new ChunksReturned(options.HostName, chunks), open.Lost).ConfigureAwait(false);
            unseen.ForEach(open.Done);
            await open.FlushAsync().ConfigureAwait(false);
        }
        catch (Exception failure) when (ConfirmedPublisher.IsLoss(failure) || failure is OperationCanceledException)
        {
            LogNotHandedBack(site.Name, failure.Message);
        }
    }
}
