using DistributedBatch.Contracts.Messages;
using DistributedBatch.Messaging.Bus;
using DistributedBatch.Messaging.Connections;
using Microsoft.Extensions.Logging;

namespace DistributedBatch.Messaging.Chunks.Rabbit;

/// <summary>
/// Keeps one lane as deep as its chunks need it: more while they are short, one as long as nothing is known, and none too many behind a long one.
/// <see cref="PrefetchDepth"/> decides.
/// </summary>
internal sealed partial class LaneDepth : IAsyncDisposable
{
    private static readonly TimeSpan LookInterval = TimeSpan.FromMilliseconds(100);

    /// <summary>
    /// What a lane that was deep asks for when it has nothing to do: at the start of the next run of short chunks its slot has something to go on with while it asks
    /// for more, and of another run it takes one chunk too many, which it hands back.
    /// </summary>
    private const int ModestDepth = 2;

    private readonly LanePace pace;
    private readonly MessageBus bus;
    private readonly LaneSite site;
    private readonly BrokerOptions options;
    private readonly TimeProvider time;
    private readonly ILogger logger;
    private readonly SemaphoreSlim changing = new(1);
    private readonly CancellationTokenSource closing = new();
    private readonly ITimer lookout;
    private QueueConsumer<LaneArrival>? asked;
    private long handedOut;
    private long waitingSince;
    private int looking;

    public LaneDepth(LanePace pace, MessageBus bus, LaneSite site, BrokerOptions options, TimeProvider time, ILogger logger)
    {
        this.pace = pace;
        this.bus = bus;
        this.site = site;
        this.options = options;
        this.time = time;
        this.logger = logger;
        lookout = time.CreateTimer(_ => _ = LookAsync(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>The slot is free since <paramref name="moment"/>.</summary>
    public void Freed(long moment)
    {
        Volatile.Write(ref waitingSince, moment);
        Volatile.Write(ref handedOut, 0);
    }

    /// <summary>The slot has a chunk since <paramref name="moment"/>; asks for more beside its work where chunks turned out short.</summary>
    public void HandedOut(QueueConsumer<LaneArrival> open, long moment)
    {
        Volatile.Write(ref handedOut, moment);
        Grow(open);
    }

    /// <summary>Sees to it that the slot, which is free now, gets chunks, and not too many. False when the channel was lost over it.</summary>
    public async ValueTask<bool> AskAsync(QueueConsumer<LaneArrival> open)
    {
        asked = open;
        var wanted = WantedDepth(open);
        if (open.Depth != 0 && wanted >= open.Depth)
            return true;
        await changing.WaitAsync();
        try
        {
            // A few short ones are done sooner than they would be back.
            if (open.Depth > wanted && open.Arrivals.Count * pace.Service > LookInterval)
                await HandBackAsync(open);
            await ConsumeAsync(open, wanted);
            return true;
        }
        catch (Exception failure) when (ConfirmedPublisher.IsLoss(failure))
        {
            LogNotAsked(site.Name, failure.Message);
            await open.DisposeAsync();
            await Task.Delay(ReconnectDelay.After(1, Random.Shared.NextDouble()), time, closing.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            return false;
        }
        finally
        {
            changing.Release();
        }
    }

    /// <summary>
    /// Stops asking and tells the producer what no slot has seen, before it acknowledges it. A plain return would count as a lost host on brokers before 4.3,
    /// and five of those fail a chunk.
    /// </summary>
    public async Task HandBackAsync(QueueConsumer<LaneArrival> open)
    {
        try
        {
            await open.PauseAsync();
            List<ulong> unseen = [];
            List<ReturnedChunk> chunks = [];
            while (open.Arrivals.TryRead(out var arrival))
            {
                if (arrival.Chunk is not { } chunk)
                    continue;
                unseen.Add(arrival.Tag);
                chunks.Add(new ReturnedChunk(chunk.Run, chunk.Index, chunk.Attempt, LostHosts: arrival.Returned ? 1 : 0));
            }

            if (chunks.Count == 0)
                return;
            await bus.PublishAsync(new ChunksReturned(options.HostName, chunks), open.Lost);
            unseen.ForEach(open.Done);
            await open.FlushAsync();
        }
        catch (Exception failure) when (ConfirmedPublisher.IsLoss(failure) || failure is OperationCanceledException)
        {
            LogNotHandedBack(site.Name, failure.Message);
        }
    }

    /// <summary>Changes nothing any more. Give it back what no slot has seen afterwards.</summary>
    public async ValueTask DisposeAsync()
    {
        await lookout.DisposeAsync();
        await closing.CancelAsync();
        await changing.WaitAsync();
        closing.Dispose();
        changing.Dispose();
    }

    private int WantedDepth(QueueConsumer<LaneArrival> open) =>
        pace is { Service: { } service, RoundTrip: { } roundTrip } ? PrefetchDepth.Next(open.Depth, service, roundTrip, options.MaxPrefetch) : 1;

    private static bool IsIdle(QueueConsumer<LaneArrival> open) => open is { Depth: > ModestDepth, IsIdle: true };

    // Beside the work on a chunk, because the broker takes as long for it as for a few of the short ones that this is for.
    private void Grow(QueueConsumer<LaneArrival> open)
    {
        if (WantedDepth(open) is var wanted && wanted > open.Depth && open.Arrivals.Count * 4 < wanted && changing.Wait(0, CancellationToken.None))
            _ = GrowAsync(open);
    }

    private async Task GrowAsync(QueueConsumer<LaneArrival> open)
    {
        try
        {
            if (open.Depth > 0 && WantedDepth(open) is var wanted && wanted > open.Depth)
                await ConsumeAsync(open, wanted);
        }
        catch (Exception failure) when (ConfirmedPublisher.IsLoss(failure) || failure is OperationCanceledException)
        {
            // The slot finds the channel lost when it asks for its next chunk.
            LogNotAsked(site.Name, failure.Message);
        }
        finally
        {
            changing.Release();
        }
    }

    private async Task ConsumeAsync(QueueConsumer<LaneArrival> open, int depth)
    {
        await open.ConsumeAsync(depth);
        var next = depth > 1 || open.HasArrived ? LookInterval : Timeout.InfiniteTimeSpan;
        lookout.Change(next, next);
    }

    /// <summary>
    /// While the lane is deep: a chunk that turns out longer than the round trip must not keep the ones behind it from other slots, and what the chunks of one
    /// run have taught says little about those of the next, so that a lane that has nothing to do asks for few again. (A chunk that is on its way within the
    /// broker in that very moment counts as returned by a lost host once, on brokers before 4.3.)
    /// </summary>
    private async Task LookAsync()
    {
        var started = Volatile.Read(ref handedOut);
        var since = started == 0 ? Volatile.Read(ref waitingSince) : started;
        if (since == 0 || asked is not { HoldsMore: true } open || time.GetElapsedTime(since) < LookInterval
            || (started == 0 && !IsIdle(open)) || Interlocked.Exchange(ref looking, 1) != 0)
        {
            return;
        }

        try
        {
            await changing.WaitAsync(closing.Token);
            try
            {
                if (Volatile.Read(ref handedOut) != started || !open.HoldsMore)
                    return;
                if (started != 0)
                    await HandBackAsync(open);
                else if (Volatile.Read(ref waitingSince) == since && IsIdle(open))
                    await ConsumeAsync(open, ModestDepth);
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

    [LoggerMessage(115, LogLevel.Information, "Slot {Lane} could not hand chunks back by itself ({Reason}); closing its channel does")]
    private partial void LogNotHandedBack(string lane, string reason);

    [LoggerMessage(116, LogLevel.Warning, "Slot {Lane} cannot ask for chunks on its channel ({Reason}); it opens another")]
    private partial void LogNotAsked(string lane, string reason);
}
