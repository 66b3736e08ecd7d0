using DistributedBatch.Messaging.Chunks;
using DistributedBatch.Messaging.Chunks.Rabbit;
using DistributedBatch.Messaging.Tests.Support;
using DistributedBatch.TestKit.Network;
using DistributedBatch.TestKit.Waiting;

namespace DistributedBatch.Messaging.Tests.Chunks.Rabbit;

public sealed class LaneTests(PrivateBroker broker)
{
    [Fact(Timeout = 60_000)]
    public async Task A_chunk_whose_connection_is_killed_goes_to_another_lane_and_its_late_acknowledgement_does_nothing()
    {
        var cancellation = TestContext.Current.CancellationToken;
        var vhost = await broker.NewVhostAsync(cancellation);
        await using var dying = await Site.StartAsync(vhost, cancellation, Refeeder.Add, options => options.HostName = "dying");
        await using var lane = await dying.OpenLaneAsync("dying/0", cancellation);
        await dying.Publisher.PublishAsync(Sample.Chunk(4), cancellation);
        var lost = await lane.ReceiveAsync(cancellation);

        await broker.CloseConnectionsAsync(vhost, cancellation);
        await Eventually.HoldsAsync("the delivery is lost", () => lost.Lost.IsCancellationRequested, cancellation);
        await using var heir = await Site.StartAsync(vhost, cancellation, options: options => options.HostName = "heir");
        await using var other = await heir.OpenLaneAsync("heir/0", cancellation);
        var again = await other.ReceiveAsync(cancellation);
        await lost.AcknowledgeAsync();

        Assert.Equal((4, 1), (again.Chunk.Index, again.LostHosts));
        await other.DisposeAsync();
        Assert.Equal((4, 2), await ReceiveAsync(lane, cancellation));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_host_that_is_lost_with_many_free_slots_is_one_lost_host()
    {
        var cancellation = TestContext.Current.CancellationToken;
        var vhost = await broker.NewVhostAsync(cancellation);
        await using var relay = new TcpRelay(vhost);
        await using var near = await Site.StartAsync(vhost, cancellation, Refeeder.Add);
        await using var dying = await Site.StartAsync(relay.Server, cancellation);
        await near.Publisher.PublishAsync(Sample.Chunk(4), cancellation);
        List<RabbitChunkLane> lanes = [await dying.OpenLaneAsync("dying/0", cancellation)];
        var held = await lanes[0].ReceiveAsync(cancellation);
        for (var slot = 1; slot < 32; slot++)
        {
            lanes.Add(await dying.OpenLaneAsync($"dying/{slot}", cancellation));
            _ = lanes[^1].ReceiveAsync(cancellation).AsTask();
        }

        await Eventually.HoldsAsync("all of them consume", () => lanes.TrueForAll(lane => lane.Depth == 1), cancellation);
        relay.Cut();
        await using var other = await near.OpenLaneAsync("near/0", cancellation);

        Assert.Equal((4, 1), await ReceiveAsync(other, cancellation));
        Assert.True(held.Lost.IsCancellationRequested);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_lane_whose_connection_is_killed_while_it_waits_goes_on_waiting()
    {
        var cancellation = TestContext.Current.CancellationToken;
        var vhost = await broker.NewVhostAsync(cancellation);
        await using var site = await Site.StartAsync(vhost, cancellation);
        await using var lane = await site.OpenLaneAsync("box/0", cancellation);
        var wait = lane.ReceiveAsync(cancellation).AsTask();
        await Eventually.HoldsAsync("the lane consumes", () => lane.Depth == 1, cancellation);

        await broker.CloseConnectionsAsync(vhost, cancellation);
        await Eventually.HoldsAsync("the publisher is connected again", () => PublishesAsync(site, cancellation), cancellation);

        Assert.Equal(9, (await wait).Chunk.Index);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_slow_lane_hoards_nothing()
    {
        const int Chunks = 50;
        var cancellation = TestContext.Current.CancellationToken;
        await using var site = await Site.StartAsync(await broker.NewVhostAsync(cancellation), cancellation, Refeeder.Add);
        await using var slow = await site.OpenLaneAsync("box/slow", cancellation);
        await using var fast = await site.OpenLaneAsync("box/fast", cancellation);
        await site.PublishAsync(Enumerable.Range(0, Chunks).Select(index => Sample.Chunk(index)), cancellation);

        var held = await slow.ReceiveAsync(cancellation);
        var seen = new List<int> { held.Chunk.Index };
        while (seen.Count < Chunks)
            seen.Add((await SettleNextAsync(fast, cancellation)).Chunk.Index);

        Assert.Equal(Enumerable.Range(0, Chunks), seen.Order());
        await held.AcknowledgeAsync();
    }

    [Fact(Timeout = 60_000)]
    public async Task A_lane_asks_ahead_while_chunks_are_short_and_a_long_one_gives_the_rest_back_at_no_cost()
    {
        const int Chunks = 400;
        var cancellation = TestContext.Current.CancellationToken;
        var vhost = await broker.NewVhostAsync(cancellation);
        await using var site = await Site.StartAsync(vhost, cancellation, Refeeder.Add);
        await using var neighbour = await Site.StartAsync(vhost, cancellation, options: options => options.MaxPrefetch = 1);
        await using var lane = await site.OpenLaneAsync("box/0", cancellation);
        await using var other = await neighbour.OpenLaneAsync("box/1", cancellation);
        await site.PublishAsync(Enumerable.Range(0, Chunks).Select(index => Sample.Chunk(index)), cancellation);
        List<int> seen = [];
        await BecomeDeepAsync(lane, seen, cancellation);

        var slow = await lane.ReceiveAsync(cancellation);
        seen.Add(slow.Chunk.Index);
        while (seen.Count < Chunks)
        {
            var delivery = await other.ReceiveAsync(cancellation);
            Assert.Equal(0, delivery.LostHosts);
            seen.Add(delivery.Chunk.Index);
            await delivery.AcknowledgeAsync();
        }

        Assert.Equal(Enumerable.Range(0, Chunks), seen.Order());
        Assert.Equal(0, lane.Depth);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_deep_lane_that_has_nothing_to_do_asks_for_two_again()
    {
        var cancellation = TestContext.Current.CancellationToken;
        await using var site = await Site.StartAsync(await broker.NewVhostAsync(cancellation), cancellation, Refeeder.Add);
        await using var lane = await site.OpenLaneAsync("box/0", cancellation);
        await using var other = await site.OpenLaneAsync("box/1", cancellation);
        await site.PublishAsync(Enumerable.Range(0, 400).Select(index => Sample.Chunk(index)), cancellation);
        List<int> seen = [];
        await BecomeDeepAsync(lane, seen, cancellation);
        while (seen.Count < 400)
            seen.Add((await SettleNextAsync(lane, cancellation)).Chunk.Index);

        var next = lane.ReceiveAsync(cancellation).AsTask();
        await Eventually.HoldsAsync("the lane asks for two", () => lane.Depth == 2, cancellation);
        var others = other.ReceiveAsync(cancellation).AsTask();
        await Eventually.HoldsAsync("the other lane consumes", () => other.Depth == 1, cancellation);
        await site.PublishAsync([Sample.Chunk(400), Sample.Chunk(401)], cancellation);

        Assert.Equal([400, 401], new[] { (await next).Chunk.Index, (await others).Chunk.Index }.Order());
        Assert.Equal((0, 0), ((await next).LostHosts, (await others).LostHosts));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_deep_lane_runs_low_when_little_lies_ready_and_not_before()
    {
        var cancellation = TestContext.Current.CancellationToken;
        await using var site = await Site.StartAsync(await broker.NewVhostAsync(cancellation), cancellation, Refeeder.Add);
        await using var lane = await site.OpenLaneAsync("box/0", cancellation);
        await site.PublishAsync(Enumerable.Range(0, 400).Select(index => Sample.Chunk(index)), cancellation);
        Assert.True(lane.RunsLow);
        List<int> seen = [];
        await BecomeDeepAsync(lane, seen, cancellation);

        // Taking one each time, because a lane hands back what waits behind a chunk for long.
        await Eventually.HoldsAsync(
            "chunks lie ready",
            async () =>
            {
                seen.Add((await SettleNextAsync(lane, cancellation)).Chunk.Index);
                return !lane.RunsLow;
            },
            cancellation);

        while (seen.Count < 400)
            seen.Add((await SettleNextAsync(lane, cancellation)).Chunk.Index);
        Assert.True(lane.RunsLow);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_slot_whose_lane_is_empty_takes_what_lies_ready_in_another_which_may_close_meanwhile()
    {
        var cancellation = TestContext.Current.CancellationToken;
        await using var site = await Site.StartAsync(await broker.NewVhostAsync(cancellation), cancellation, Refeeder.Add);
        await using var lender = await site.OpenLaneAsync("box/0", cancellation);
        await using var borrower = await site.OpenLaneAsync("box/1", cancellation);
        var borrowed = await BorrowAsync(site, lender, borrower, cancellation);
        await lender.DisposeAsync();
        await WorkUpToAsync(1_000);
        Assert.False(borrowed.Lost.IsCancellationRequested);

        await borrowed.AcknowledgeAsync();
        await Eventually.HoldsAsync("the lender's channel is closed", () => borrowed.Lost.IsCancellationRequested, cancellation);
        await WorkUpToAsync(1_001);

        async Task WorkUpToAsync(int last)
        {
            await site.Publisher.PublishAsync(Sample.Chunk(last), cancellation);
            for (var index = 0; index != last;)
            {
                index = (await SettleNextAsync(borrower, cancellation)).Chunk.Index;
                Assert.NotEqual(borrowed.Chunk.Index, index);
            }
        }
    }

    [Fact(Timeout = 60_000)]
    public async Task A_borrowed_chunk_that_is_not_settled_when_the_borrower_closes_is_fed_again()
    {
        var cancellation = TestContext.Current.CancellationToken;
        await using var site = await Site.StartAsync(await broker.NewVhostAsync(cancellation), cancellation, Refeeder.Add);
        await using var lender = await site.OpenLaneAsync("box/0", cancellation);
        await using var borrower = await site.OpenLaneAsync("box/1", cancellation);
        var borrowed = await BorrowAsync(site, lender, borrower, cancellation);
        await borrower.DisposeAsync();

        await using var heir = await site.OpenLaneAsync("box/1", cancellation);
        var delivery = await SettleNextAsync(heir, cancellation);
        while (delivery.Chunk.Index != borrowed.Chunk.Index)
            delivery = await SettleNextAsync(heir, cancellation);

        Assert.Equal(1, delivery.LostHosts);
        Assert.True(delivery.Attempt > borrowed.Attempt);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_lane_that_closes_hands_back_what_no_slot_has_seen_at_no_cost()
    {
        var cancellation = TestContext.Current.CancellationToken;
        await using var site = await Site.StartAsync(await broker.NewVhostAsync(cancellation), cancellation, Refeeder.Add);
        var lane = await site.OpenLaneAsync("box/0", cancellation);
        using (var impatient = CancellationTokenSource.CreateLinkedTokenSource(cancellation))
        {
            var wait = lane.ReceiveAsync(impatient.Token).AsTask();
            await Eventually.HoldsAsync("the lane consumes", () => lane.Depth == 1, cancellation);
            await impatient.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => wait);
        }

        await site.Publisher.PublishAsync(Sample.Chunk(6), cancellation);
        await Eventually.HoldsAsync(
            "the chunk is with the lane", async () => await site.ReadyAsync(site.Topology.ChunkQueue(ResourceClass.Cpu), cancellation) == 0, cancellation);
        await lane.DisposeAsync();

        await using var other = await site.OpenLaneAsync("box/1", cancellation);
        Assert.Equal((6, 0), await ReceiveAsync(other, cancellation));
    }

    [Fact(Timeout = 60_000)]
    public async Task Host_and_slot_are_visible_on_the_broker()
    {
        var cancellation = TestContext.Current.CancellationToken;
        var vhost = await broker.NewVhostAsync(cancellation);
        await using var site = await Site.StartAsync(vhost, cancellation, options: options => (options.HostName, options.Role) = ("gpu-box", "consumer"));
        await using var lane = await site.OpenLaneAsync("gpu-box/3", cancellation);
        await site.Publisher.PublishAsync(Sample.Chunk(), cancellation);
        await lane.ReceiveAsync(cancellation);

        var names = await broker.EvalAsync("rabbit_networking:connection_info_all([client_properties]).", cancellation);

        Assert.Contains("dbatch gpu-box consumer consuming", names, StringComparison.Ordinal);
        Assert.Contains("dbatch gpu-box consumer publishing", names, StringComparison.Ordinal);
        Assert.Contains("dbatch gpu-box consumer bus", names, StringComparison.Ordinal);
    }

    private static async Task<ChunkDelivery> SettleNextAsync(RabbitChunkLane lane, CancellationToken cancellation)
    {
        var delivery = await lane.ReceiveAsync(cancellation);
        await delivery.AcknowledgeAsync();
        return delivery;
    }

    private static async Task<(int Index, int LostHosts)> ReceiveAsync(RabbitChunkLane lane, CancellationToken cancellation)
    {
        var delivery = await lane.ReceiveAsync(cancellation);
        return (delivery.Chunk.Index, delivery.LostHosts);
    }

    private static async Task<bool> PublishesAsync(Site site, CancellationToken cancellation)
    {
        try
        {
            await site.Publisher.PublishAsync(Sample.Chunk(9), cancellation);
            return true;
        }
        catch (ChunkUnpublishedException)
        {
            return false;
        }
    }

    /// <summary>Makes one lane deep, and gives a chunk that the other one took from it.</summary>
    private static async Task<ChunkDelivery> BorrowAsync(Site site, RabbitChunkLane lender, RabbitChunkLane borrower, CancellationToken cancellation)
    {
        await site.PublishAsync(Enumerable.Range(0, 400).Select(index => Sample.Chunk(index)), cancellation);
        List<int> seen = [];
        await BecomeDeepAsync(lender, seen, cancellation);
        while (true)
        {
            // What lies behind a chunk for long is handed back, and then comes as a second attempt.
            await SettleNextAsync(lender, cancellation);
            var theirs = lender.Live!;
            var chunk = (RabbitDelivery)await borrower.ReceiveAsync(cancellation);
            if (chunk.Generation == theirs)
                return chunk;
            await chunk.AcknowledgeAsync();
        }
    }

    private static async Task BecomeDeepAsync(RabbitChunkLane lane, List<int> seen, CancellationToken cancellation)
    {
        while (lane.Depth <= 4)
        {
            var delivery = await lane.ReceiveAsync(cancellation);
            seen.Add(delivery.Chunk.Index);
            _ = AcknowledgeLaterAsync(delivery);
        }

        // Reports are committed in groups, so an acknowledgement comes some time after its chunk.
        async Task AcknowledgeLaterAsync(ChunkDelivery delivery)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(10), cancellation);
            await delivery.AcknowledgeAsync();
        }
    }
}
