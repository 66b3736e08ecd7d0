using DistributedBatch.Contracts.Chunks;
using DistributedBatch.Contracts.Hosts;
using DistributedBatch.Contracts.Messages;
using DistributedBatch.Contracts.Runs;
using DistributedBatch.Producer.Hosts;

namespace DistributedBatch.Producer.Tests.Hosts;

public sealed class HostHealthTests
{
    private static readonly RunId Run = RunId.New();
    private static readonly TimeSpan Hold = TimeSpan.FromMinutes(2);

    private readonly HostRegistry hosts = new(TimeSpan.FromHours(10));
    private readonly HostQuarantine health = new(Hold);
    private DateTimeOffset now = DateTimeOffset.UnixEpoch;
    private int nextChunk;

    public HostHealthTests()
    {
        Beat("good");
        Beat("bad");
    }

    [Fact]
    public void A_host_on_which_chunks_fail_that_others_get_done_is_put_on_hold_with_the_reason()
    {
        Succeed("good", 3);
        Fail("bad", 3);
        Succeed("good", 3);

        var told = Assert.Single(Decide());

        Assert.Equal(("bad", Hold), (told.Host, told.For));
        Assert.Contains("3 chunks failed here in a row while other hosts got the run done (the last one: no such module)", told.OnHold, StringComparison.Ordinal);
        Assert.Empty(Decide());
    }

    [Fact]
    public void A_host_that_fails_at_once_does_not_have_to_wait_until_others_finish_their_long_chunks()
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
    public void A_script_that_fails_everywhere_holds_nobody()
    {
        Fail("bad", 8);
        Fail("good", 8);

        Assert.Empty(Decide());
    }

    [Fact]
    public void Chunks_that_fail_on_a_second_host_are_to_blame_themselves()
    {
        var broken = Fail("bad", 3);
        foreach (var index in broken)
            End("good", index, AttemptOutcome.ExitCode);
        Succeed("good", 10);

        Assert.Empty(Decide());
    }

    [Fact]
    public void A_hold_ends_when_the_chunks_turn_out_to_fail_elsewhere_too()
    {
        var broken = Fail("bad", 3);
        Succeed("good", 4);
        Assert.NotNull(Assert.Single(Decide()).OnHold);

        foreach (var index in broken)
            End("good", index, AttemptOutcome.ExitCode);

        Assert.Null(Assert.Single(Decide()).OnHold);
    }

    [Fact]
    public void Attempts_that_fail_by_chance_on_every_host_hold_nobody()
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
    public void The_only_host_is_never_held_and_one_that_becomes_the_only_one_goes_on()
    {
        Fail("bad", 3);
        Succeed("good", 5);
        Assert.NotNull(Assert.Single(Decide()).OnHold);

        hosts.Heard(new HostHeartbeat(Status("good"), now, [], Stopping: true), now);

        Assert.Null(Assert.Single(Decide()).OnHold);
        Fail("bad", 5);
        Assert.Empty(Decide());
    }

    [Fact]
    public void After_the_hold_it_is_tried_again_and_one_more_failure_holds_it_for_twice_as_long()
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
    public void A_success_after_the_hold_makes_it_a_host_like_any_other()
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
    public void A_name_that_no_host_was_ever_heard_under_is_not_held()
    {
        Succeed("good", 3);
        Fail("nobody", 3);
        Succeed("good", 3);

        Assert.Empty(Decide());
    }

    [Fact]
    public void A_host_that_was_started_anew_is_told_again_for_the_rest_of_the_time()
    {
        Fail("bad", 3);
        Succeed("good", 5);
        Decide();

        now += Hold / 2;

        Assert.Equal(Hold / 2, health.Heard(new HostHeartbeat(Status("bad"), now, []), now)?.For);
        Assert.Null(health.Heard(new HostHeartbeat(Status("bad") with { OnHold = "known" }, now, []), now));
        Assert.Null(health.Heard(new HostHeartbeat(Status("good"), now, []), now));
    }

    private IReadOnlyList<HostControlMessage> Decide() => health.Decide([(Run, "cpu")], hosts, now);

    private static HostStatus Status(string name) => new() { Name = name, Version = "1", Cores = 2, Slots = 2 };

    private void Beat(string name, params RunningAttempt[] running)
    {
        var heartbeat = new HostHeartbeat(Status(name), now, running);
        hosts.Heard(heartbeat, now);
        health.Heard(heartbeat, now);
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

    private void End(string host, int index, AttemptOutcome outcome) => health.Ended(new AttemptReport
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
