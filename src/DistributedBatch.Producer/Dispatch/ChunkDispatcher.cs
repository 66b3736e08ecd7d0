using DistributedBatch.Messaging.Chunks;
using DistributedBatch.Producer.Hosts;
using DistributedBatch.Producer.Ledger;

namespace DistributedBatch.Producer.Dispatch;

/// <summary>Fills the free places: picks the runs in fairness, takes their next chunks and puts them on the queue.</summary>
internal sealed class ChunkDispatcher(RunRegistry book, HostRegistry hosts, GroupCommit commit, IChunkPublisher publisher, ProducerOptions options)
{
    private static readonly string[] Classes = [ResourceClass.Cpu, ResourceClass.Gpu];

    // Between two rounds reports are heard, so a round is kept short.
    private const int MostARound = 1000;

    private readonly List<(ActiveRun Run, DispatchedChunk Feed)> round = [];
    private readonly List<ActiveRun> willing = [];
    private readonly Dictionary<string, Throughput> throughput = Classes.ToDictionary(name => name, _ => new Throughput());
    private FairShare.Claim[] claims = [];

    /// <summary>Where confirmations go that did not come at once; set by the feed loop.</summary>
    public Action<LoopMessage> Later { get; set; } = _ => { };

    /// <summary>Chunks given to the queue whose confirmation the loop has not heard yet.</summary>
    public int Unconfirmed { get; private set; }

    /// <summary>The loop has heard a confirmation that came later.</summary>
    public void Confirmed() => Unconfirmed--;

    /// <summary>Counts a chunk of a run that left its place after <paramref name="work"/> in its slot.</summary>
    public void Settled(ActiveRun run, TimeSpan work, DateTimeOffset now) => throughput[run.ResourceClass].Add(work, now);

    /// <summary>Feeds as many chunks as there is room for.</summary>
    /// <returns>False when it stopped early and there may be more.</returns>
    public async ValueTask<bool> FeedAsync(DateTimeOffset now, CancellationToken cancellation)
    {
        round.Clear();
        foreach (var resourceClass in Classes)
            Pick(resourceClass, now);
        if (round.Count == 0)
            return true;
        // A cut that nobody could repeat is written down before anybody hears of it.
        if (round.Exists(pick => pick.Feed.IsNew && !pick.Run.Ledger.HasFixedPlan))
            await commit.CommitAsync(now, cancellation);
        foreach (var (run, feed) in round)
            await PublishAsync(run, feed, cancellation);
        return round.Count < MostARound;
    }

    private void Pick(string resourceClass, DateTimeOffset now)
    {
        var slots = hosts.Slots(resourceClass);
        var settling = throughput[resourceClass];
        var recent = settling.Recent(now);
        var room = DispatchLimit.Of(slots, settling.Possible(slots, now));
        willing.Clear();
        foreach (var run in book.Active)
        {
            if (run.ResourceClass != resourceClass)
                continue;
            room -= run.Ledger.Outstanding;
            if (run.Ledger.HasWork(now))
                willing.Add(run);
        }

        // Before the first heartbeat there is at least the machine this runs on.
        var assumed = slots > 0 ? slots : Environment.ProcessorCount;
        while (room > 0 && round.Count < MostARound && Next(assumed, recent) is { } run)
        {
            if (run.Ledger.TryFeed(now, assumed, out var feed))
            {
                round.Add((run, feed));
                room--;
            }
            else
            {
                willing.Remove(run);
            }
        }
    }

    private ActiveRun? Next(int slots, int recent)
    {
        willing.RemoveAll(run => run.Ledger.Outstanding >= WindowOf(run, slots, recent));
        if (willing.Count <= 1)
            return willing.Count == 1 ? willing[0] : null;
        if (claims.Length < willing.Count)
            claims = new FairShare.Claim[willing.Count * 2];
        for (var at = 0; at < willing.Count; at++)
            claims[at] = willing[at].Claim;
        return willing[FairShare.Pick(claims.AsSpan(0, willing.Count))];
    }

    private int WindowOf(ActiveRun run, int slots, int recent) =>
        run.Ledger.HasFixedPlan ? options.Window : Math.Min(options.Window, DispatchLimit.OfAutomatic(slots, recent));

    private async ValueTask PublishAsync(ActiveRun run, DispatchedChunk feed, CancellationToken cancellation)
    {
        using var trace = RunTrace.Feed(run, feed);
        var message = await run.MessageAsync(feed, RunTrace.ContextOf(trace, run.Stored.Spec), cancellation);
        var confirmation = publisher.PublishAsync(message, cancellation);
        if (confirmation.IsCompletedSuccessfully)
        {
            run.Ledger.Published(feed.Chunk.Index, feed.Attempt);
            return;
        }

        Unconfirmed++;
        _ = ConfirmAsync(run, feed, confirmation);
    }

    private async Task ConfirmAsync(ActiveRun run, DispatchedChunk feed, ValueTask confirmation)
    {
        string? failure = null;
        try
        {
            await confirmation;
        }
        catch (Exception unconfirmed)
        {
            failure = unconfirmed.Message;
        }

        Later(new LoopMessage.Confirm(run.Id, feed.Chunk.Index, feed.Attempt, failure));
    }
}
