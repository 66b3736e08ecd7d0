using DistributedBatch.Contracts.Chunks;
using DistributedBatch.Contracts.Hosts;
using DistributedBatch.Contracts.Messages;
using DistributedBatch.Contracts.Runs;
using DistributedBatch.Producer.Hosts;
using DistributedBatch.Producer.Ledger;

namespace DistributedBatch.Producer.Tests.Hosts;

public sealed class LostChunkDetectorTests
{
    private static readonly DateTimeOffset Start = DateTimeOffset.UnixEpoch;
    private static readonly RunId Run = RunId.New();

    private readonly HostSupervisionOptions options = new() { Timeout = TimeSpan.FromSeconds(30), LostAfter = TimeSpan.FromSeconds(20) };
    private readonly HostRegistry hosts;
    private readonly RunLedger ledger = new(new RunLimits { First = 0, Total = 10 }, Start, () => 0.5);

    public LostChunkDetectorTests() => hosts = new HostRegistry(options);

    [Fact]
    public void A_queued_chunk_that_no_free_slot_takes_is_lost()
    {
        Dispatch();
        for (var second = 1; second <= 20; second++)
            Beat(second, slots: 2);
        Assert.Empty(Find(20));

        Beat(21, slots: 2);

        Assert.Equal([(0, false)], Find(21));
    }

    [Fact]
    public void A_queued_chunk_is_not_lost_because_a_host_that_was_cut_off_had_a_free_slot_when_it_was_heard_last()
    {
        Dispatch();
        Beat(1, slots: 2);
        Beat(6, slots: 2);

        Assert.Empty(Find(30));
    }

    [Fact]
    public void A_queued_chunk_is_not_lost_while_slots_that_look_free_still_report()
    {
        Dispatch();
        for (var second = 1; second <= 60; second++)
        {
            Beat(second, slots: 2);
            hosts.RecordWork("box", "cpu", Start.AddSeconds(second + 0.5));
        }

        Assert.Empty(Find(60));
    }

    [Fact]
    public void A_queued_chunk_is_not_lost_after_a_gap_in_the_heartbeats()
    {
        Dispatch();
        for (var second = 1; second <= 5; second++)
            Beat(second, slots: 2);

        Beat(25, slots: 2);

        Assert.Empty(Find(25));
    }

    [Fact]
    public void A_queued_chunk_is_not_lost_while_all_slots_are_busy()
    {
        Dispatch();
        for (var second = 1; second <= 60; second++)
            Beat(second, slots: 1, new RunningAttempt(RunId.New(), 0, 1, 0, Start));

        Assert.Empty(Find(60));
    }

    [Fact]
    public void A_queued_chunk_for_a_gpu_is_not_lost_while_the_cards_are_busy_and_other_slots_are_free()
    {
        Dispatch();
        for (var second = 1; second <= 60; second++)
            hosts.Record(new HostHeartbeat(GpuHost, Start, [new RunningAttempt(RunId.New(), 0, 1, 1000, Start, Class: "gpu")]), Start.AddSeconds(second));

        Assert.Empty(LostChunkDetector.Find(ledger, "gpu", hosts, options, Start.AddSeconds(60)));
        Assert.Equal((4, 1), (hosts.Slots("cpu"), hosts.Slots("gpu")));
    }

    [Fact]
    public void A_queued_chunk_for_a_gpu_is_lost_when_a_card_stays_free_while_the_other_slots_work()
    {
        Dispatch();
        for (var second = 1; second <= 21; second++)
        {
            hosts.Record(new HostHeartbeat(GpuHost, Start, [.. Enumerable.Range(0, 4).Select(slot => new RunningAttempt(RunId.New(), 0, 1, slot, Start, Class: "cpu"))]), Start.AddSeconds(second));
            hosts.RecordWork("box", "cpu", Start.AddSeconds(second + 0.5));
        }

        Assert.Equal([(0, false)], LostChunkDetector.Find(ledger, "gpu", hosts, options, Start.AddSeconds(21)));
    }

    [Fact]
    public void A_leased_chunk_is_not_lost_while_nobody_could_be_heard()
    {
        Lease(Dispatch());
        Beat(1, slots: 1, new RunningAttempt(Run, 0, 1, 0, Start, Leased: true));

        // The broker is away for 45 s, and the host needs some seconds to connect again.
        for (var second = 2; second <= 47; second++)
            hosts.ListenAgain(Start.AddSeconds(second));
        Assert.Empty(hosts.RemoveSilent(Start.AddSeconds(47)));
        Assert.Empty(Find(76));

        Beat(77, slots: 1, new RunningAttempt(Run, 0, 1, 0, Start, Leased: true));
        Assert.Empty(hosts.RemoveSilent(Start.AddSeconds(107)));
        Assert.Equal(["box"], hosts.RemoveSilent(Start.AddSeconds(108)));
        Assert.Equal([(0, true)], Find(108));
    }

    [Fact]
    public void A_started_chunk_whose_delivery_was_lost_is_not_lost_while_nobody_could_be_heard()
    {
        LoseDelivery(Dispatch(), at: 1);

        hosts.ListenAgain(Start.AddSeconds(45));

        // The hosts connect again too, and not all at the same moment.
        Assert.Empty(Find(74));
        Assert.Equal([(0, true)], Find(75));
    }

    [Fact]
    public void After_an_outage_a_chunk_that_nobody_runs_is_dispatched_again_as_soon_as_every_host_has_said_so()
    {
        hosts.ListenAgain(Start);
        Beat(1, slots: 2);
        Dispatch(at: 2);
        hosts.ListenAgain(Start.AddSeconds(45));
        ledger.Return(new ReturnedChunk(Run, 0, 1, LostHosts: 1), "other", Start.AddSeconds(46));
        Assert.Empty(Find(74));

        Beat(74, slots: 2);

        Assert.Equal([(0, false)], Find(74));
    }

    [Fact]
    public void A_queued_chunk_is_not_lost_while_nobody_could_be_heard()
    {
        Dispatch();
        for (var second = 1; second <= 19; second++)
            Beat(second, slots: 2);

        hosts.ListenAgain(Start.AddSeconds(20));
        Beat(21, slots: 2);

        Assert.Empty(Find(22));
    }

    [Fact]
    public void A_queued_chunk_is_not_lost_while_the_only_free_host_is_on_hold()
    {
        Dispatch();
        for (var second = 1; second <= 60; second++)
            hosts.Record(new HostHeartbeat(Status("box", 2) with { OnHold = "load" }, Start, []), Start.AddSeconds(second));

        Assert.Empty(Find(60));
    }

    [Fact]
    public void A_queued_chunk_is_not_lost_while_no_host_serves_its_class()
    {
        Dispatch();
        for (var second = 1; second <= 60; second++)
            hosts.Record(new HostHeartbeat(Status("box", 2) with { Classes = ["gpu"] }, Start, []), Start.AddSeconds(second));

        Assert.Empty(Find(60));
    }

    [Fact]
    public void A_chunk_that_was_dispatched_after_a_slot_became_free_is_not_lost()
    {
        for (var second = 1; second <= 30; second++)
            Beat(second, slots: 2);
        Dispatch(at: 25);

        Assert.Empty(Find(30));
    }

    [Fact]
    public void A_running_chunk_is_not_lost_while_its_host_names_it()
    {
        var dispatched = Dispatch();
        ledger.Settle(Report(dispatched, outcome: null), Start);
        for (var second = 1; second <= 60; second++)
            Beat(second, slots: 2, new RunningAttempt(Run, 0, 1, 0, Start));

        Assert.Empty(Find(60));
    }

    [Fact]
    public void A_running_chunk_that_neither_broker_nor_host_has_is_lost()
    {
        var dispatched = Dispatch();
        ledger.Settle(Report(dispatched, outcome: null), Start);
        for (var second = 1; second <= 21; second++)
            Beat(second, slots: 2);

        Assert.Equal([(0, false)], Find(21));
    }

    [Fact]
    public void A_leased_chunk_is_lost_with_its_host()
    {
        Lease(Dispatch());
        Beat(1, slots: 1, new RunningAttempt(Run, 0, 1, 0, Start, Leased: true));
        Assert.Empty(hosts.RemoveSilent(Start.AddSeconds(31)));
        Assert.Empty(Find(31));

        Assert.Equal(["box"], hosts.RemoveSilent(Start.AddSeconds(32)));

        Assert.Equal([(0, true)], Find(32));
    }

    [Fact]
    public void A_leased_chunk_is_lost_when_its_host_is_online_and_does_not_name_it()
    {
        Lease(Dispatch());
        for (var second = 1; second <= LostChunkDetector.MaxMissedHeartbeats; second++)
        {
            Assert.Empty(Find(second));
            Beat(second, slots: 1);
        }

        Assert.Equal([(0, true)], Find(5));
    }

    [Fact]
    public void A_started_chunk_whose_delivery_was_lost_is_not_lost_while_its_host_names_it()
    {
        LoseDelivery(Dispatch(), at: 1);
        for (var second = 2; second <= 60; second++)
            Beat(second, slots: 1, new RunningAttempt(Run, 0, 1, 0, Start));

        Assert.Empty(Find(60));
    }

    [Fact]
    public void A_started_chunk_whose_delivery_was_lost_is_lost_with_a_host_that_stays_silent()
    {
        Beat(0, slots: 1);
        LoseDelivery(Dispatch(), at: 1);

        Assert.Empty(Find(10));
        Assert.Equal([(0, true)], Find(11));
    }

    [Fact]
    public void A_started_chunk_whose_delivery_was_lost_is_lost_when_its_host_was_restarted()
    {
        LoseDelivery(Dispatch(), at: 1);
        Beat(2, slots: 1);
        Assert.Empty(Find(2));
        Beat(7, slots: 1);

        Assert.Equal([(0, true)], Find(7));
    }

    [Fact]
    public void A_chunk_whose_delivery_was_lost_before_its_start_was_reported_stays_with_the_host_that_names_it()
    {
        ReturnUnstarted(Dispatch(), at: 12);

        Beat(13, slots: 2, new RunningAttempt(Run, 0, 1, 0, Start));

        Assert.Equal("box", ledger.FindInFlight(0)!.Host);
        Assert.Empty(Find(42));
    }

    [Fact]
    public void A_chunk_whose_delivery_was_lost_before_its_start_was_reported_is_dispatched_again_once_every_host_has_said_that_it_does_not_run_it()
    {
        Beat(11, slots: 2);
        hosts.Record(new HostHeartbeat(Status("other", 2), Start, []), Start.AddSeconds(11));
        ReturnUnstarted(Dispatch(), at: 12);

        Beat(13, slots: 2);
        Assert.Empty(Find(13));
        hosts.Record(new HostHeartbeat(Status("other", 2), Start, []), Start.AddSeconds(14));

        Assert.Equal([(0, false)], Find(14));
    }

    [Fact]
    public void A_chunk_whose_delivery_was_lost_before_its_start_was_reported_does_not_wait_long_for_a_host_that_says_nothing()
    {
        Beat(11, slots: 2);
        ReturnUnstarted(Dispatch(), at: 12);

        Assert.Empty(Find(21));
        Assert.Equal([(0, false)], Find(22));
    }

    [Fact]
    public void A_producer_that_does_not_know_all_hosts_yet_waits_before_it_dispatches_a_chunk_again_whose_delivery_was_lost()
    {
        hosts.ListenAgain(Start.AddSeconds(11));
        ReturnUnstarted(Dispatch(), at: 12);

        Beat(13, slots: 2);

        Assert.Empty(Find(20));
        Assert.Equal([(0, false)], Find(21));
    }

    [Fact]
    public void A_report_keeps_a_host_online()
    {
        Beat(0, slots: 1);
        hosts.RecordReport("box", Start.AddSeconds(20));

        Assert.Empty(hosts.RemoveSilent(Start.AddSeconds(45)));
        Assert.Single(hosts.RemoveSilent(Start.AddSeconds(51)));
    }

    [Fact]
    public void Slots_of_a_host_that_stopped_do_not_count()
    {
        Beat(0, slots: 4);
        Assert.Equal(4, hosts.Slots("cpu"));

        hosts.Record(new HostHeartbeat(Status("box", 4), Start, [], Stopping: true), Start);

        Assert.Equal(0, hosts.Slots("cpu"));
    }

    private static HostStatus GpuHost =>
        new() { Name = "box", Version = "1", Cores = 4, Slots = 5, GpuSlots = 1, Classes = ["cpu", "gpu"], Gpus = [new GpuStatus(0, "card", 1, 0, 0)] };

    private static HostStatus Status(string name, int slots) => new() { Name = name, Version = "1", Cores = slots, Slots = slots };

    private static AttemptReport Report(DispatchedChunk dispatched, AttemptOutcome? outcome) => new()
    {
        Run = Run,
        Index = dispatched.Chunk.Index,
        Start = dispatched.Chunk.Start,
        Count = dispatched.Chunk.Count,
        Attempt = dispatched.Attempt,
        Host = "box",
        Slot = 0,
        StartedAt = Start,
        Outcome = outcome,
    };

    private DispatchedChunk Dispatch(int at = 0)
    {
        Assert.True(ledger.TryDispatch(Start.AddSeconds(at), slots: 1, out var dispatched));
        ledger.Confirm(dispatched.Chunk.Index, dispatched.Attempt);
        return dispatched;
    }

    private void LoseDelivery(DispatchedChunk dispatched, int at)
    {
        ledger.Settle(Report(dispatched, outcome: null), Start);
        ReturnUnstarted(dispatched, at);
    }

    private void ReturnUnstarted(DispatchedChunk dispatched, int at) =>
        ledger.Return(new ReturnedChunk(Run, dispatched.Chunk.Index, dispatched.Attempt, LostHosts: 1), "other", Start.AddSeconds(at));

    private void Lease(DispatchedChunk dispatched) => ledger.Lease(new LeaseTaken(Run, dispatched.Chunk.Index, dispatched.Attempt, "box", Start));

    private void Beat(int second, int slots, params RunningAttempt[] running)
    {
        var heartbeat = new HostHeartbeat(Status("box", slots), Start, running);
        hosts.Record(heartbeat, Start.AddSeconds(second));
        LostChunkDetector.Record(Run, ledger, heartbeat);
    }

    private IReadOnlyList<(int Index, bool WithHost)> Find(int second) =>
        LostChunkDetector.Find(ledger, "cpu", hosts, options, Start.AddSeconds(second));
}
