using DistributedBatch.Contracts.Chunks;
using DistributedBatch.Contracts.Hosts;
using DistributedBatch.Contracts.Messages;
using DistributedBatch.Contracts.Runs;
using DistributedBatch.Producer.Hosts;
using DistributedBatch.Producer.Ledger;

namespace DistributedBatch.Producer.Tests.Hosts;

public sealed class LostChunksTests
{
    private static readonly DateTimeOffset Start = DateTimeOffset.UnixEpoch;
    private static readonly RunId Run = RunId.New();

    private readonly ProducerOptions options = new() { HostTimeout = TimeSpan.FromSeconds(30), LostAfter = TimeSpan.FromSeconds(20) };
    private readonly HostRegistry hosts = new(TimeSpan.FromSeconds(30));
    private readonly RunLedger ledger = new(new RunLimits { First = 0, Total = 10 }, Start, () => 0.5);

    [Fact]
    public void A_queued_chunk_that_no_free_slot_takes_is_lost()
    {
        Feed();
        for (var second = 1; second <= 20; second++)
            Hear(second, slots: 2);
        Assert.Empty(Find(20));

        Hear(21, slots: 2);

        Assert.Equal([(0, false)], Find(21));
    }

    [Fact]
    public void A_queued_chunk_waits_while_slots_that_look_free_still_bring_reports()
    {
        Feed();
        for (var second = 1; second <= 60; second++)
        {
            Hear(second, slots: 2);
            hosts.Alive("box", Start.AddSeconds(second + 0.5));
        }

        Assert.Empty(Find(60));
    }

    [Fact]
    public void A_queued_chunk_waits_while_the_broker_that_has_it_was_away()
    {
        Feed();
        for (var second = 1; second <= 5; second++)
            Hear(second, slots: 2);

        Hear(25, slots: 2);

        Assert.Empty(Find(25));
    }

    [Fact]
    public void A_queued_chunk_waits_while_all_slots_are_busy()
    {
        Feed();
        for (var second = 1; second <= 60; second++)
            Hear(second, slots: 1, new RunningAttempt(RunId.New(), 0, 1, 0, Start));

        Assert.Empty(Find(60));
    }

    [Fact]
    public void A_queued_chunk_waits_while_the_only_free_host_is_on_hold()
    {
        Feed();
        for (var second = 1; second <= 60; second++)
            hosts.Heard(new HostHeartbeat(Status("box", 2) with { OnHold = "load" }, Start, []), Start.AddSeconds(second));

        Assert.Empty(Find(60));
    }

    [Fact]
    public void A_queued_chunk_waits_while_there_is_no_host_for_its_class()
    {
        Feed();
        for (var second = 1; second <= 60; second++)
            hosts.Heard(new HostHeartbeat(Status("box", 2) with { Classes = ["gpu"] }, Start, []), Start.AddSeconds(second));

        Assert.Empty(Find(60));
    }

    [Fact]
    public void A_chunk_fed_after_a_slot_became_free_is_not_suspected()
    {
        for (var second = 1; second <= 30; second++)
            Hear(second, slots: 2);
        Feed(at: 25);

        Assert.Empty(Find(30));
    }

    [Fact]
    public void A_running_chunk_is_the_brokers_care_while_its_host_names_it()
    {
        var feed = Feed();
        ledger.Settle(Report(feed, outcome: null), Start);
        for (var second = 1; second <= 60; second++)
            Hear(second, slots: 2, new RunningAttempt(Run, 0, 1, 0, Start));

        Assert.Empty(Find(60));
    }

    [Fact]
    public void A_running_chunk_that_neither_broker_nor_host_has_is_lost()
    {
        var feed = Feed();
        ledger.Settle(Report(feed, outcome: null), Start);
        for (var second = 1; second <= 21; second++)
            Hear(second, slots: 2);

        Assert.Equal([(0, false)], Find(21));
    }

    [Fact]
    public void A_leased_chunk_is_lost_with_its_silent_host()
    {
        Lease(Feed());
        Hear(1, slots: 1, new RunningAttempt(Run, 0, 1, 0, Start, Leased: true));
        Assert.Empty(hosts.Forget(Start.AddSeconds(31)));
        Assert.Empty(Find(31));

        Assert.Equal(["box"], hosts.Forget(Start.AddSeconds(32)));

        Assert.Equal([(0, true)], Find(32));
    }

    [Fact]
    public void A_leased_chunk_is_lost_when_its_host_lives_and_does_not_know_it()
    {
        Lease(Feed());
        for (var second = 1; second <= LostChunkDetector.MostUnmentioned; second++)
        {
            Assert.Empty(Find(second));
            Hear(second, slots: 1);
        }

        Assert.Equal([(0, true)], Find(5));
    }

    [Fact]
    public void A_report_keeps_a_host_alive()
    {
        Hear(0, slots: 1);
        hosts.Alive("box", Start.AddSeconds(20));

        Assert.Empty(hosts.Forget(Start.AddSeconds(45)));
        Assert.Single(hosts.Forget(Start.AddSeconds(51)));
    }

    [Fact]
    public void Slots_of_a_host_that_left_in_good_order_do_not_count()
    {
        Hear(0, slots: 4);
        Assert.Equal(4, hosts.Slots("cpu"));

        hosts.Heard(new HostHeartbeat(Status("box", 4), Start, [], Stopping: true), Start);

        Assert.Equal(0, hosts.Slots("cpu"));
    }

    private static HostStatus Status(string name, int slots) => new() { Name = name, Version = "1", Cores = slots, Slots = slots };

    private static AttemptReport Report(DispatchedChunk feed, AttemptOutcome? outcome) => new()
    {
        Run = Run,
        Index = feed.Chunk.Index,
        Start = feed.Chunk.Start,
        Count = feed.Chunk.Count,
        Attempt = feed.Attempt,
        Host = "box",
        Slot = 0,
        StartedAt = Start,
        Outcome = outcome,
    };

    private DispatchedChunk Feed(int at = 0)
    {
        Assert.True(ledger.TryFeed(Start.AddSeconds(at), slots: 1, out var feed));
        ledger.Published(feed.Chunk.Index, feed.Attempt);
        return feed;
    }

    private void Lease(DispatchedChunk feed) => ledger.Lease(new LeaseTaken(Run, feed.Chunk.Index, feed.Attempt, "box", Start));

    private void Hear(int second, int slots, params RunningAttempt[] running)
    {
        var heartbeat = new HostHeartbeat(Status("box", slots), Start, running);
        hosts.Heard(heartbeat, Start.AddSeconds(second));
        LostChunkDetector.Note(Run, ledger, heartbeat);
    }

    private IReadOnlyList<(int Index, bool WithHost)> Find(int second) => LostChunkDetector.Find(ledger, "cpu", hosts, options, Start.AddSeconds(second));
}
