using DistributedBatch.Contracts.Api;
using DistributedBatch.Contracts.Chunks;
using DistributedBatch.Contracts.Hosts;
using DistributedBatch.Contracts.Runs;
using DistributedBatch.Tracker.Queries;

namespace DistributedBatch.Tracker.Tests.Queries;

public sealed class ExplainerTests
{
    private static readonly RunId Run = RunId.New();
    private static readonly ChunkCounts Going = new(10, 4, 2, 2, 2, 0, 0);

    [Fact]
    public void No_host_at_all() => Verdict(Facts(Going with { Running = 0 }), "No consumer is there");

    [Fact]
    public void A_host_that_fell_silent_is_named() =>
        Assert.Contains("ada", Explainer.Explain(Facts(Going, Ada() with { Alive = false })).Reasons[0], StringComparison.Ordinal);

    [Theory]
    [InlineData("blocked", "short of memory or disk")]
    [InlineData("away", "no connection to the broker")]
    [InlineData("refused", "does not let the head in")]
    public void A_broker_in_trouble_comes_before_hosts_that_fell_silent_for_it(string state, string verdict)
    {
        var broker = new BrokerView(state, "4.3.5", new BrokerTrouble("it is ill", Say.Noon, null));

        var explanation = Verdict(Facts(Going, Ada() with { Alive = false }) with { Broker = broker }, verdict);

        Assert.Contains("It is ill, since 2026-05-04 12:00:00Z", explanation.Reasons[0], StringComparison.Ordinal);
    }

    [Fact]
    public void A_broker_that_was_in_trouble_explains_nothing_any_more() => Verdict(
        Facts(Going, Ada()) with { Broker = new BrokerView("connected", "4.3.5", new BrokerTrouble("it was ill", Say.Noon, Say.Noon.AddMinutes(1))) }, "All is well");

    [Fact]
    public void A_GPU_is_needed_and_no_host_has_one() =>
        Verdict(Facts(Going, Ada()) with { Job = new JobSpec { Command = ["x"], Gpus = 1 } }, "no host that is there has one");

    [Fact]
    public void A_paused_run_says_how_to_go_on()
    {
        var explanation = Verdict(Facts(Going, RunState.Paused, Ada()), "paused");
        Assert.Equal([$"dbatch resume {Run}"], explanation.Remedies);
    }

    [Fact]
    public void A_host_on_hold_says_why()
    {
        var held = Ada() with { Host = Ada().Host with { OnHold = "memory is short" } };
        Assert.Contains("memory is short", Verdict(Facts(Going, held), "takes no chunks").Reasons[0], StringComparison.Ordinal);
    }

    [Fact]
    public void Retries_that_wait_are_the_cause_when_nothing_else_is_left() =>
        Verdict(Facts(new ChunkCounts(10, 2, 0, 0, 8, 0, 0), Ada()) with { Waiting = 2, NextRetry = Say.Noon.AddMinutes(5) }, "waits until 2026-05-04 12:05:00Z");

    [Fact]
    public void Slots_may_be_busy_with_another_run() => Verdict(
        Facts(Going with { Running = 0 }, Ada() with { Running = [new RunningAttempt(RunId.New(), 0, 1, 0, Say.Noon)] }), "busy with other runs");

    [Fact]
    public void All_may_be_well()
    {
        var explanation = Verdict(Facts(Going, Ada()), "All is well");
        Assert.Contains(explanation.Reasons, reason => reason.Contains("window is full", StringComparison.Ordinal));
        Assert.Empty(explanation.Remedies);
    }

    [Theory]
    [InlineData(2, 2, "All is well")]
    [InlineData(0, 2, "slots are about to take them")]
    [InlineData(0, 0, "Chunks wait to be fed")]
    public void A_host_on_hold_and_threads_that_crowd_are_named_whatever_the_others_do_at_the_moment(int running, int queued, string verdict)
    {
        var held = Ada() with { Host = Ada().Host with { Name = "eve", OnHold = "chunks fail here", Warnings = ["16 threads"] } };
        var reasons = Verdict(Facts(Going with { Running = running, Queued = queued }, Ada(), held), verdict).Reasons;
        Assert.Contains("eve takes no chunks: chunks fail here.", reasons);
        Assert.Contains("eve: 16 threads.", reasons);
    }

    [Fact]
    public void A_chunk_in_its_backoff_says_until_when() =>
        Verdict(Facts(Going, Ada()) with { Chunk = Chunk(ChunkState.Pending) with { NotBefore = Say.Noon.AddSeconds(30) } }, "until 2026-05-04 12:00:30Z");

    [Fact]
    public void A_chunk_on_a_silent_host_says_so()
    {
        var attempt = new AttemptView { Index = 3, Attempt = 1, Host = "ada", Slot = 0, StartedAt = Say.Noon };
        Verdict(Facts(Going, Ada() with { Alive = false }) with { Chunk = Chunk(ChunkState.Running) with { LastAttempt = attempt } }, "nothing was heard of that host");
    }

    [Fact]
    public void A_failed_chunk_says_where_its_output_is() => Assert.Equal(
        [$"dbatch logs {Run} 3", $"dbatch retry {Run}"],
        Verdict(Facts(Going, Ada()) with { Chunk = Chunk(ChunkState.Failed) }, "no attempts left").Remedies);

    private static Explanation Verdict(ExplainInputs facts, string part)
    {
        var explanation = Explainer.Explain(facts);
        Assert.Contains(part, explanation.Verdict, StringComparison.Ordinal);
        return explanation;
    }

    private static ChunkView Chunk(ChunkState state) => new() { Index = 3, Start = 30, Count = 10, State = state, Attempts = 1 };

    private static HostView Ada() => new(Say.Heartbeat("ada", Say.Noon).Host, Say.Noon, Alive: true, [], 0, 0);

    private static ExplainInputs Facts(ChunkCounts counts, params HostView[] hosts) => Facts(counts, RunState.Running, hosts);

    private static ExplainInputs Facts(ChunkCounts counts, RunState state, params HostView[] hosts) => new(
        new RunView
        {
            Run = Run,
            Name = "digits",
            State = state,
            Chunks = counts,
            First = 0,
            Total = 100,
            ItemsSucceeded = 20,
            Command = ["x"],
            SubmittedAt = Say.Noon,
        },
        new JobSpec { Command = ["x"] }, Retries: 2, Chunk: null, NextRetry: null, Waiting: 0, hosts, Say.Noon);
}
