using DistributedBatch.Messaging.Chunks;
using DistributedBatch.Messaging.Chunks.Rabbit;
using DistributedBatch.Messaging.Tests.Support;
using DistributedBatch.TestKit.Network;
using DistributedBatch.TestKit.Waiting;

namespace DistributedBatch.Messaging.Tests.Chunks.Rabbit;

public sealed class RabbitChunkBufferTests(PrivateBroker broker)
{
    [Fact(Timeout = 60_000)]
    public async Task A_host_with_32_slots_has_one_channel_with_one_consumer()
    {
        var cancellation = TestContext.Current.CancellationToken;
        var vhost = await broker.NewVhostAsync(cancellation);
        await using var messaging = await MessagingHost.StartAsync(vhost, cancellation, Redispatcher.Add);
        await using var buffer = messaging.OpenBuffer("box", slots: 32);
        await messaging.PublishAsync(Enumerable.Range(0, 100).Select(index => Sample.Chunk(index)), cancellation);

        var held = await ReceiveAsync(buffer, 32);

        Assert.Equal(["box/cpu#1 32"], await ConsumersAsync(vhost, messaging));
        Assert.Equal(Enumerable.Range(0, 32), held.Select(delivery => delivery.Chunk.Index));
        await held.AcknowledgeAsync();
    }

    [Fact(Timeout = 60_000)]
    public async Task A_chunk_whose_connection_is_killed_goes_to_the_producer_and_its_late_acknowledgement_does_nothing()
    {
        var cancellation = TestContext.Current.CancellationToken;
        var vhost = await broker.NewVhostAsync(cancellation);
        await using var dying = await MessagingHost.StartAsync(vhost, cancellation, Redispatcher.Add, options => options.HostName = "dying");
        await using var buffer = dying.OpenBuffer("dying", slots: 1);
        await dying.Publisher.PublishAsync(Sample.Chunk(4), cancellation);
        var lost = await buffer.ReceiveAsync(cancellation);

        await broker.CloseConnectionsAsync(vhost, cancellation);
        await Eventually.HoldsAsync("the delivery is lost", () => lost.Lost.IsCancellationRequested, cancellation);
        await using var heir = await MessagingHost.StartAsync(vhost, cancellation, options: options => options.HostName = "heir");
        await using var other = heir.OpenBuffer("heir", slots: 1);
        var again = await other.ReceiveAsync(cancellation);
        lost.Finished();
        lost.Settle();
        await lost.FlushAsync();

        Assert.Equal((4, 2, 1), (again.Chunk.Index, again.Chunk.Attempt, again.Chunk.LostHosts));
        await other.DisposeAsync();
        Assert.Equal((4, 3), (await buffer.ReceiveAsync(cancellation)).Chunk is var chunk ? (chunk.Index, chunk.Attempt) : default);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_host_that_is_lost_with_many_free_slots_is_reported_once_for_its_chunk()
    {
        var cancellation = TestContext.Current.CancellationToken;
        var vhost = await broker.NewVhostAsync(cancellation);
        await using var relay = new TcpRelay(vhost);
        await using var near = await MessagingHost.StartAsync(vhost, cancellation, Redispatcher.Add);
        await using var dying = await MessagingHost.StartAsync(relay.Server, cancellation);
        await near.Publisher.PublishAsync(Sample.Chunk(4), cancellation);
        await using var buffer = dying.OpenBuffer("dying", slots: 32);
        var held = await buffer.ReceiveAsync(cancellation);

        relay.Cut();
        await using var other = near.OpenBuffer("near", slots: 1);

        Assert.Equal((4, 1), (await other.ReceiveAsync(cancellation)).Chunk is var chunk ? (chunk.Index, chunk.LostHosts) : default);
        Assert.True(held.Lost.IsCancellationRequested);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_slot_that_waits_while_the_connection_is_killed_goes_on_waiting()
    {
        var cancellation = TestContext.Current.CancellationToken;
        var vhost = await broker.NewVhostAsync(cancellation);
        await using var messaging = await MessagingHost.StartAsync(vhost, cancellation);
        await using var buffer = messaging.OpenBuffer("box", slots: 1);
        var wait = buffer.ReceiveAsync(cancellation).AsTask();
        await ConsumesAsync(vhost, messaging, 1);

        await broker.CloseConnectionsAsync(vhost, cancellation);
        await Eventually.HoldsAsync("the publisher is connected again", () => PublishesAsync(messaging, Sample.Chunk(9)), cancellation);

        Assert.Equal(9, (await wait).Chunk.Index);
    }

    [Fact(Timeout = 60_000)]
    public async Task After_a_lost_connection_busy_slots_bring_no_chunks_for_which_no_slot_is_free()
    {
        var cancellation = TestContext.Current.CancellationToken;
        var vhost = await broker.NewVhostAsync(cancellation);
        await using var messaging = await MessagingHost.StartAsync(vhost, cancellation);
        await using var buffer = messaging.OpenBuffer("box", slots: 2);
        await messaging.Publisher.PublishAsync(Sample.Chunk(0), cancellation);
        var busy = await buffer.ReceiveAsync(cancellation);
        await broker.CloseConnectionsAsync(vhost, cancellation);
        await Eventually.HoldsAsync("the delivery is lost", () => busy.Lost.IsCancellationRequested, cancellation);

        await ConsumesAsync(vhost, messaging, 1);
        busy.Finished();

        await ConsumesAsync(vhost, messaging, 2);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_host_with_long_chunks_holds_none_besides_those_its_slots_work_on()
    {
        var cancellation = TestContext.Current.CancellationToken;
        const int Chunks = 50;
        await using var messaging = await MessagingHost.StartAsync(await broker.NewVhostAsync(cancellation), cancellation, Redispatcher.Add);
        await using var slow = messaging.OpenBuffer("slow", slots: 1);
        await using var fast = messaging.OpenBuffer("fast", slots: 1);
        await messaging.PublishAsync(Enumerable.Range(0, Chunks).Select(index => Sample.Chunk(index)), cancellation);

        var held = await slow.ReceiveAsync(cancellation);
        var seen = new List<int> { held.Chunk.Index };
        while (seen.Count < Chunks)
            seen.Add(await RunOneAsync(fast));

        Assert.Equal(Enumerable.Range(0, Chunks), seen.Order());
    }

    [Fact(Timeout = 60_000)]
    public async Task A_host_fetches_short_chunks_ahead_and_gives_them_back_at_no_cost_when_its_slots_are_at_long_ones()
    {
        var cancellation = TestContext.Current.CancellationToken;
        const int Chunks = 400;
        var vhost = await broker.NewVhostAsync(cancellation);
        await using var messaging = await MessagingHost.StartAsync(vhost, cancellation, Redispatcher.Add);
        await using var neighbour = await MessagingHost.StartAsync(vhost, cancellation);
        await using var buffer = messaging.OpenBuffer("box", slots: 1);
        await messaging.PublishAsync(Enumerable.Range(0, Chunks).Select(index => Sample.Chunk(index)), cancellation);
        var seen = await FetchAheadAsync(buffer);
        Assert.InRange(seen.Count, 1, Chunks / 2);

        var slow = await buffer.ReceiveAsync(cancellation);
        seen.Add(slow.Chunk.Index);
        await using var other = neighbour.OpenBuffer("neighbour", slots: 1);
        while (seen.Count < Chunks)
        {
            var delivery = await other.ReceiveAsync(cancellation);
            Assert.Equal(0, delivery.Chunk.LostHosts);
            seen.Add(delivery.Chunk.Index);
            await delivery.AcknowledgeAsync();
        }

        Assert.Equal(Enumerable.Range(0, Chunks), seen.Order());
    }

    [Fact(Timeout = 60_000)]
    public async Task Other_slots_work_off_what_was_fetched_ahead_while_one_is_at_a_long_chunk()
    {
        var cancellation = TestContext.Current.CancellationToken;
        const int Chunks = 300;
        await using var messaging = await MessagingHost.StartAsync(await broker.NewVhostAsync(cancellation), cancellation, Redispatcher.Add);
        await using var buffer = messaging.OpenBuffer("box", slots: 4);
        await messaging.PublishAsync(Enumerable.Range(0, Chunks).Select(index => Sample.Chunk(index)), cancellation);
        var seen = await FetchAheadAsync(buffer);

        var slow = await buffer.ReceiveAsync(cancellation);
        seen.Add(slow.Chunk.Index);
        while (seen.Count < Chunks)
            seen.Add(await RunOneAsync(buffer));

        Assert.Equal(Enumerable.Range(0, Chunks), seen.Order());
    }

    [Fact(Timeout = 60_000)]
    public async Task A_host_that_has_nothing_to_do_fetches_nothing_ahead_again()
    {
        var cancellation = TestContext.Current.CancellationToken;
        var vhost = await broker.NewVhostAsync(cancellation);
        await using var messaging = await MessagingHost.StartAsync(vhost, cancellation, Redispatcher.Add);
        await using var buffer = messaging.OpenBuffer("box", slots: 2);
        await messaging.PublishAsync(Enumerable.Range(0, 200).Select(index => Sample.Chunk(index)), cancellation);
        var seen = await FetchAheadAsync(buffer);
        while (seen.Count < 200)
            seen.Add(await RunOneAsync(buffer));

        await ConsumesAsync(vhost, messaging, 2);
        Assert.Single(await ConsumersAsync(vhost, messaging));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_buffer_is_low_when_little_lies_ready_and_not_before()
    {
        var cancellation = TestContext.Current.CancellationToken;
        await using var messaging = await MessagingHost.StartAsync(await broker.NewVhostAsync(cancellation), cancellation, Redispatcher.Add);
        await using var buffer = messaging.OpenBuffer("box", slots: 1);
        Assert.True(buffer.IsLow);
        await messaging.PublishAsync(Enumerable.Range(0, 400).Select(index => Sample.Chunk(index)), cancellation);
        var seen = await FetchAheadAsync(buffer);
        while (buffer.IsLow)
            seen.Add(await RunOneAsync(buffer));
        Assert.InRange(seen.Count, 1, 399);

        while (seen.Count < 400)
            seen.Add(await RunOneAsync(buffer));
        Assert.True(buffer.IsLow);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_leased_chunk_keeps_its_slot_busy_and_the_slot_is_filled_when_it_has_ended()
    {
        var cancellation = TestContext.Current.CancellationToken;
        var vhost = await broker.NewVhostAsync(cancellation);
        await using var messaging = await MessagingHost.StartAsync(vhost, cancellation, Redispatcher.Add);
        await using var buffer = messaging.OpenBuffer("box", slots: 2);
        await messaging.PublishAsync(Enumerable.Range(0, 5).Select(index => Sample.Chunk(index)), cancellation);
        var held = await ReceiveAsync(buffer, 2);

        await held[0].LeaseAsync();
        Assert.Equal((3, 1), await DepthAsync(messaging, vhost));

        // The other slot goes on: one chunk comes for one that ends.
        await held[1].AcknowledgeAsync();
        var next = await buffer.ReceiveAsync(cancellation);
        Assert.Equal((2, 1), await DepthAsync(messaging, vhost));

        held[0].Finished();
        var last = await buffer.ReceiveAsync(cancellation);
        Assert.Equal((1, 2), await DepthAsync(messaging, vhost));
        await new[] { next, last }.AcknowledgeAsync();
    }

    [Fact(Timeout = 60_000)]
    public async Task Fewer_slots_bring_no_chunk_before_fewer_are_busy()
    {
        var cancellation = TestContext.Current.CancellationToken;
        var vhost = await broker.NewVhostAsync(cancellation);
        await using var messaging = await MessagingHost.StartAsync(vhost, cancellation, Redispatcher.Add);
        await using var buffer = messaging.OpenBuffer("box", slots: 4);
        await messaging.PublishAsync(Enumerable.Range(0, 10).Select(index => Sample.Chunk(index)), cancellation);
        var held = await ReceiveAsync(buffer, 4);
        buffer.Slots = 2;
        await ConsumesAsync(vhost, messaging, 0);

        await new[] { held[0], held[1] }.AcknowledgeAsync();
        Assert.Equal((6, 2), await DepthAsync(messaging, vhost));
        await held[2].AcknowledgeAsync();

        Assert.Equal(4, (await buffer.ReceiveAsync(cancellation)).Chunk.Index);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_host_on_hold_gives_back_what_no_slot_has_received_at_no_cost()
    {
        var cancellation = TestContext.Current.CancellationToken;
        await using var messaging = await MessagingHost.StartAsync(await broker.NewVhostAsync(cancellation), cancellation, Redispatcher.Add);
        await using var buffer = messaging.OpenBuffer("box", slots: 1);
        await messaging.Publisher.PublishAsync(Sample.Chunk(6), cancellation);
        await Eventually.HoldsAsync(
            "the chunk is with the host", async () => await messaging.ReadyAsync(messaging.Topology.ChunkQueue(ResourceClass.Cpu), cancellation) == 0, cancellation);
        buffer.Slots = 0;

        await using var other = messaging.OpenBuffer("other", slots: 1);
        Assert.Equal((6, 0), (await other.ReceiveAsync(cancellation)).Chunk is var chunk ? (chunk.Index, chunk.LostHosts) : default);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_buffer_that_closes_gives_back_what_no_slot_has_received_at_no_cost()
    {
        var cancellation = TestContext.Current.CancellationToken;
        await using var messaging = await MessagingHost.StartAsync(await broker.NewVhostAsync(cancellation), cancellation, Redispatcher.Add);
        var buffer = messaging.OpenBuffer("box", slots: 1);
        await messaging.Publisher.PublishAsync(Sample.Chunk(6), cancellation);
        await Eventually.HoldsAsync(
            "the chunk is with the host", async () => await messaging.ReadyAsync(messaging.Topology.ChunkQueue(ResourceClass.Cpu), cancellation) == 0, cancellation);
        await buffer.DisposeAsync();

        await using var other = messaging.OpenBuffer("other", slots: 1);
        Assert.Equal((6, 0), (await other.ReceiveAsync(cancellation)).Chunk is var chunk ? (chunk.Index, chunk.LostHosts) : default);
    }

    [Fact(Timeout = 60_000)]
    public async Task Host_and_role_are_visible_on_the_broker()
    {
        var cancellation = TestContext.Current.CancellationToken;
        var vhost = await broker.NewVhostAsync(cancellation);
        await using var messaging = await MessagingHost.StartAsync(vhost, cancellation, options: options => (options.HostName, options.Role) = ("gpu-box", "consumer"));
        await using var buffer = messaging.OpenBuffer("gpu-box", slots: 1);
        await messaging.Publisher.PublishAsync(Sample.Chunk(), cancellation);
        await buffer.ReceiveAsync(cancellation);

        var names = await broker.EvalAsync("rabbit_networking:connection_info_all([client_properties]).", cancellation);

        Assert.Contains("dbatch gpu-box consumer consuming", names, StringComparison.Ordinal);
        Assert.Contains("dbatch gpu-box consumer publishing", names, StringComparison.Ordinal);
        Assert.Contains("dbatch gpu-box consumer bus", names, StringComparison.Ordinal);
    }

    private static async Task<List<ChunkDelivery>> ReceiveAsync(IChunkBuffer buffer, int count)
    {
        List<ChunkDelivery> received = [];
        while (received.Count < count)
            received.Add(await buffer.ReceiveAsync(TestContext.Current.CancellationToken));
        return received;
    }

    private static async Task<int> RunOneAsync(IChunkBuffer buffer)
    {
        var delivery = await buffer.ReceiveAsync(TestContext.Current.CancellationToken);

        // The chunk's work: long enough that the broker can be faster, and short.
        await Task.Delay(TimeSpan.FromMilliseconds(4), TestContext.Current.CancellationToken);
        await delivery.AcknowledgeAsync();
        return delivery.Chunk.Index;
    }

    /// <summary>Runs chunks until twice as many lie ready as there are slots; gives their indexes.</summary>
    private static async Task<List<int>> FetchAheadAsync(IChunkBuffer buffer)
    {
        List<int> seen = [];
        while (((RabbitChunkBuffer)buffer).Ready <= 2 * buffer.Slots)
            seen.Add(await RunOneAsync(buffer));
        return seen;
    }

    /// <summary>Consumer tags with their prefetch. The broker's counters lag, so it is asked for the consumers themselves.</summary>
    private async Task<IReadOnlyList<string>> ConsumersAsync(Uri vhost, MessagingHost messaging)
    {
        var queue = messaging.Topology.ChunkQueue(ResourceClass.Cpu);
        var lines = await broker.ControlAsync(TestContext.Current.CancellationToken, "list_consumers", "-q", "-p", vhost.AbsolutePath.TrimStart('/'), "--no-table-headers", "queue_name", "consumer_tag", "prefetch_count");
        return [.. lines.Split('\n').Select(line => line.Trim().Split('\t')).Where(parts => parts[0] == queue).Select(parts => $"{parts[1]} {parts[2]}")];
    }

    private Task ConsumesAsync(Uri vhost, MessagingHost messaging, int prefetch) => Eventually.HoldsAsync(
        $"the host's prefetch is {prefetch}",
        async () => (await ConsumersAsync(vhost, messaging)).Sum(consumer => int.Parse(consumer.Split(' ')[1], System.Globalization.CultureInfo.InvariantCulture)) == prefetch,
        TestContext.Current.CancellationToken);

    /// <summary>Messages ready and unacknowledged in the chunk queue, once it is at rest.</summary>
    private async Task<(int Ready, int Unacknowledged)> DepthAsync(MessagingHost messaging, Uri vhost)
    {
        var name = messaging.Topology.ChunkQueue(ResourceClass.Cpu);
        var queue = await broker.EvalAsync(
            $"Q = rabbit_misc:r(<<\"{vhost.AbsolutePath.TrimStart('/')}\">>, queue, <<\"{name}\">>), {{ok, A}} = rabbit_amqqueue:lookup(Q), "
            + "{ok, {_, S}, _} = ra:leader_query(amqqueue:get_pid(A), fun rabbit_fifo:overview/1), "
            + "{maps:get(num_ready_messages, S), maps:get(num_checked_out, S)}.",
            TestContext.Current.CancellationToken);
        var numbers = queue.Trim('{', '}', '\n', ' ').Split(',');
        return (int.Parse(numbers[0], System.Globalization.CultureInfo.InvariantCulture), int.Parse(numbers[1], System.Globalization.CultureInfo.InvariantCulture));
    }

    private static async Task<bool> PublishesAsync(MessagingHost messaging, Contracts.Messages.RunChunk chunk)
    {
        try
        {
            await messaging.Publisher.PublishAsync(chunk, TestContext.Current.CancellationToken);
            return true;
        }
        catch (ChunkUnpublishedException)
        {
            return false;
        }
    }
}
