using DistributedBatch.Contracts.Chunks;
using DistributedBatch.Contracts.Hosts;
using DistributedBatch.Contracts.Messages;
using DistributedBatch.Contracts.Runs;
using DistributedBatch.Producer.Hosts;

namespace DistributedBatch.Producer.Tests.Hosts;

public sealed class HostQuarantineTests
{
    private static readonly RunId Run = RunId.New();
    private static readonly TimeSpan Hold = TimeSpan.FromMinutes(2);

    private readonly HostRegistry hosts = new(new HostSupervisionOptions { Timeout = TimeSpan.FromHours(10) });
    private readonly HostQuarantine quarantine = new(new HostSupervisionOptions { Hold = Hold });
    private DateTimeOffset now = DateTimeOffset.UnixEpoch;
    private int nextChunk;

    public HostQuarantineTests()
    {
        Beat("good");
        Beat("bad");
    }

    [Fact]
    public void A_host_on_which_chunks_fail_that_succeed_elsewhere_is_put_on_hold_with_the_reason()
    {
        Succeed("good", 3);
        Fail("bad", 3);
        Succeed("good", 3);

        var decision = Assert.Single(Decide());

        Assert.Equal(("bad", Hold), (decision.Host, decision.For));
        Assert.Contains(
            "3 chunks failed here in a row while others succeeded on other hosts (last error: no such module)",
            decision.OnHold,
            StringComparison.Ordinal);
        Assert.Empty(Decide());
    }

    [Fact]
    public void A_host_whose_chunks_fail_at_once_is_held_before_long_chunks_end_on_other_hosts()
    {
        Beat("good", new RunningAttempt(Run, 100, 1, 0, now), new RunningAttempt(Run, 101, 1, 1, now));
        Fail("bad", 3);
        Assert.Empty(Decide());

        now += TimeSpan.FromSeconds(11);
        Beat("good", new RunningAttempt(Run, 100, 1, 0, DateTimeOffset.UnixEpoch), new RunningAttempt(Run, 101, 1, 1, DateTimeOffset.UnixEpoch));
        Fail("bad", 1);

        Assert.Equal("bad", Assert.Single(Decide()).Host);
    }

    [Fact]
    public void A_script_that_fails_everywhere_holds_no_host()
    {
        Fail("bad", 8);
        Fail("good", 8);

        Assert.Empty(Decide());
    }

    [Fact]
    public void Chunks_that_fail_on_a_second_host_are_themselves_at_fault()
    {
        var broken = Fail("bad", 3);
        foreach (var index in broken)
            End("good", index, AttemptOutcome.ExitCode);
        Succeed("good", 10);

        Assert.Empty(Decide());
    }

    [Fact]
    public void A_hold_ends_when_its_chunks_fail_on_other_hosts_too()
    {
        var broken = Fail("bad", 3);
        Succeed("good", 4);
        Assert.NotNull(Assert.Single(Decide()).OnHold);

        foreach (var index in broken)
            End("good", index, AttemptOutcome.ExitCode);

        Assert.Null(Assert.Single(Decide()).OnHold);
    }

    [Fact]
    public void Attempts_that_fail_by_chance_on_every_host_hold_no_host()
    {
        for (var round = 0; round < 20; round++)
        {
            Succeed("good", 1);
            Fail("good", 1);
        }

        Fail("bad", 4);
        Succeed("good", 2);
        Fail("good", 2);

        Assert.Empty(Decide());
    }

    [Fact]
    public void The_only_host_is_never_held_and_a_held_host_that_becomes_the_only_one_takes_chunks_again()
    {
        Fail("bad", 3);
        Succeed("good", 5);
        Assert.NotNull(Assert.Single(Decide()).OnHold);

        hosts.Record(new HostHeartbeat(Status("good"), now, [], Stopping: true), now);

        Assert.Null(Assert.Single(Decide()).OnHold);
        Fail("bad", 5);
        Assert.Empty(Decide());
    }

    [Fact]
    public void After_the_hold_a_host_is_tried_again_and_one_more_failure_holds_it_for_twice_as_long()
    {
        Fail("bad", 3);
        Succeed("good", 5);
        Decide();

        now += Hold;
        Assert.Null(Assert.Single(Decide()).OnHold);
        Assert.Empty(Decide());
        Fail("bad", 1);
        Succeed("good", 1);

        Assert.Equal(2 * Hold, Assert.Single(Decide()).For);
    }

    [Fact]
    public void A_success_after_the_hold_clears_the_host()
    {
        Fail("bad", 3);
        Succeed("good", 5);
        Decide();
        now += Hold;
        Decide();
        Succeed("bad", 1);

        Fail("bad", 1);
        Succeed("good", 1);

        Assert.Empty(Decide());
    }

    [Fact]
    public void A_name_without_heartbeats_is_not_held()
    {
        Succeed("good", 3);
        Fail("unknown", 3);
        Succeed("good", 3);

        Assert.Empty(Decide());
    }

    [Fact]
    public void A_restarted_host_is_reminded_of_the_rest_of_its_hold()
    {
        Fail("bad", 3);
        Succeed("good", 5);
        Decide();

        now += Hold / 2;

        Assert.Equal(Hold / 2, quarantine.Record(new HostHeartbeat(Status("bad"), now, []), now)?.For);
        Assert.Null(quarantine.Record(new HostHeartbeat(Status("bad") with { OnHold = "known" }, now, []), now));
        Assert.Null(quarantine.Record(new HostHeartbeat(Status("good"), now, []), now));
    }

    private IReadOnlyList<HostControlMessage> Decide() => quarantine.Decide([(Run, "cpu")], hosts, now);

    private static HostStatus Status(string name) => new() { Name = name, Version = "1", Cores = 2, Slots = 2 };

    private void Beat(string name, params RunningAttempt[] running)
    {
        var heartbeat = new HostHeartbeat(Status(name), now, running);
        hosts.Record(heartbeat, now);
        quarantine.Record(heartbeat, now);
    }

    private void Succeed(string host, int chunks)
    {
        for (var number = 0; number < chunks; number++)
            End(host, nextChunk++, AttemptOutcome.Succeeded);
    }

    private List<int> Fail(string host, int chunks)
    {
        var indices = Enumerable.Range(nextChunk, chunks).ToList();
        nextChunk += chunks;
        indices.ForEach(index => End(host, index, AttemptOutcome.ExitCode));
        return indices;
    }

    private void End(string host, int index, AttemptOutcome outcome) => quarantine.Record(new AttemptReport
    {
        Run = Run,
        Index = index,
        Start = index,
        Count = 1,
        Attempt = 1,
        Host = host,
        Slot = 0,
        StartedAt = now,
        Outcome = outcome,
        Duration = TimeSpan.FromMilliseconds(10),
        StderrTail = outcome == AttemptOutcome.Succeeded ? null : "Traceback\nno such module\n",
    });
}
