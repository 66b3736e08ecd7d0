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
    public void No_host_at_all() => Verdict(Facts(Going with { Running = 0 }), "No host is online");

    [Fact]
    public void An_offline_host_is_named() =>
        Assert.Contains("ada", Explainer.Explain(Facts(Going, Ada() with { Alive = false })).Reasons[0], StringComparison.Ordinal);

    [Theory]
    [InlineData("blocked", "short of memory or disk")]
    [InlineData("away", "no connection to the broker")]
    [InlineData("refused", "refuses the server's login")]
    public void A_broker_problem_comes_before_hosts_that_went_offline_because_of_it(string state, string verdict)
    {
        var broker = new BrokerView(state, "4.3.5", new BrokerTrouble("it is ill", TestData.Noon, null));

        var explanation = Verdict(Facts(Going, Ada() with { Alive = false }) with { Broker = broker }, verdict);

        Assert.Contains("It is ill, since 2026-05-04 12:00:00Z", explanation.Reasons[0], StringComparison.Ordinal);
    }

    [Fact]
    public void A_producer_that_does_not_answer_is_the_cause_unless_the_broker_is_away()
    {
        var facts = Facts(Going, Ada()) with { ProducerProblem = "No answer to ChangeRun within 5 s." };

        var explanation = Verdict(facts, "The producer dispatches no chunks");

        Assert.Equal("No answer to ChangeRun within 5 s.", explanation.Reasons[0]);
        Verdict(facts with { Broker = new BrokerView("away", "4.3.5", new BrokerTrouble("it is ill", TestData.Noon, null)) }, "no connection to the broker");
    }

    [Fact]
    public void A_past_broker_problem_explains_nothing() => Verdict(
        Facts(Going, Ada()) with { Broker = new BrokerView("connected", "4.3.5", new BrokerTrouble("it was ill", TestData.Noon, TestData.Noon.AddMinutes(1))) }, "Running; no chunk failed.");

    [Fact]
    public void A_GPU_is_needed_and_no_host_has_one() =>
        Verdict(Facts(Going, Ada()) with { Job = new JobSpec { Command = ["x"], Gpus = 1 } }, "no online host has one");

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
        Assert.Contains("memory is short", Verdict(Facts(Going, held), "on hold").Reasons[0], StringComparison.Ordinal);
    }

    [Fact]
    public void Retries_that_wait_are_the_cause_when_nothing_else_is_left() =>
        Verdict(Facts(new ChunkCounts(10, 2, 0, 0, 8, 0, 0), Ada()) with { WaitingForRetry = 2, NextRetry = TestData.Noon.AddMinutes(5) }, "the first retry is at 2026-05-04 12:05:00Z");

    [Fact]
    public void Slots_may_be_busy_with_another_run() => Verdict(
        Facts(Going with { Running = 0 }, Ada() with { Running = [new RunningAttempt(RunId.New(), 0, 1, 0, TestData.Noon)] }), "busy with other runs");

    [Fact]
    public void A_running_run_without_failures_needs_nothing()
    {
        var busy = Ada() with { Running = [.. Enumerable.Range(0, 4).Select(slot => new RunningAttempt(Run, slot, 1, slot, TestData.Noon))] };

        var explanation = Verdict(Facts(Going, busy), "Running; no chunk failed.");

        Assert.Contains("All 4 slots are busy.", explanation.Reasons);
        Assert.Empty(explanation.Remedies);
    }

    [Fact]
    public void Free_slots_are_not_called_busy() => Assert.DoesNotContain(Explainer.Explain(Facts(Going, Ada())).Reasons, reason => reason.Contains("busy", StringComparison.Ordinal));

    [Theory]
    [InlineData(1, new[] { 3 }, "Running; 1 chunk failed: 3.")]
    [InlineData(2, new[] { 1, 3 }, "Running; 2 chunks failed: 1, 3.")]
    [InlineData(7, new[] { 1, 3, 4, 5, 8 }, "Running; 7 chunks failed: 1, 3, 4, 5, 8 and 2 more.")]
    public void Failed_chunks_of_a_running_run_are_named_first(int failed, int[] first, string verdict)
    {
        var explanation = Explainer.Explain(Facts(Going with { Failed = failed }, Ada()) with { FailedChunks = [.. first.Select(index => Chunk(ChunkState.Failed) with { Index = index })] });

        Assert.Equal(verdict, explanation.Verdict);
        Assert.Equal([$"dbatch logs {Run} shows why chunks failed"], explanation.Remedies);
    }

    [Theory]
    [InlineData(2, 2, "Running; no chunk failed.")]
    [InlineData(0, 2, "free slots are about to take them")]
    [InlineData(0, 0, "the producer has not dispatched them yet")]
    public void Holds_and_warnings_of_hosts_are_named_whatever_the_other_hosts_do(int running, int queued, string verdict)
    {
        var held = Ada() with { Host = Ada().Host with { Name = "eve", OnHold = "chunks fail here", Warnings = ["16 threads"] } };
        var reasons = Verdict(Facts(Going with { Running = running, Queued = queued }, Ada(), held), verdict).Reasons;
        Assert.Contains("eve is on hold: chunks fail here.", reasons);
        Assert.Contains("eve: 16 threads.", reasons);
    }

    [Fact]
    public void A_chunk_that_waits_for_a_retry_says_until_when() =>
        Verdict(Facts(Going, Ada()) with { Chunk = Chunk(ChunkState.Pending) with { NotBefore = TestData.Noon.AddSeconds(30) } }, "at 2026-05-04 12:00:30Z or later");

    [Fact]
    public void A_chunk_on_an_offline_host_says_so()
    {
        var attempt = new AttemptView { Index = 3, Attempt = 1, Host = "ada", Slot = 0, StartedAt = TestData.Noon };
        Verdict(Facts(Going, Ada() with { Alive = false }) with { Chunk = Chunk(ChunkState.Running) with { LastAttempt = attempt } }, "the host is offline since");
    }

    [Fact]
    public void A_failed_chunk_says_where_its_output_is() => Assert.Equal(
        [$"dbatch logs {Run} 3", $"dbatch retry {Run}"],
        Verdict(Facts(Going, Ada()) with { Chunk = Chunk(ChunkState.Failed) }, "no attempts left").Remedies);

    [Fact]
    public void The_last_attempt_is_explained_by_exit_code_and_reason()
    {
        var attempt = new AttemptView
        {
            Index = 3,
            Attempt = 2,
            Host = "ada",
            Slot = 0,
            StartedAt = TestData.Noon,
            Outcome = AttemptOutcome.ExitCode,
            ExitCode = 1,
            Error = "The program ended with exit code 1.",
            StderrTail = "Traceback\n\u001b[31mValueError: item 137 has NaN pixels\n\n 40%|███ | 4/10\n",
        };

        var reasons = Explainer.Explain(Facts(Going, Ada()) with { Chunk = Chunk(ChunkState.Failed) with { LastAttempt = attempt } }).Reasons;

        Assert.Contains("Attempt 2 on ada: exited with code 1: ValueError: item 137 has NaN pixels.", reasons);
    }

    [Fact]
    public void A_failed_run_says_once_for_each_reason_why_its_chunks_failed()
    {
        ChunkView Failed(int index, string error) => Chunk(ChunkState.Failed) with
        {
            Index = index,
            LastAttempt = new AttemptView { Index = index, Attempt = 1, Host = "ada", Slot = 0, StartedAt = TestData.Noon, Outcome = AttemptOutcome.ExitCode, ExitCode = 0, Error = error },
        };

        var reasons = Verdict(Facts(new ChunkCounts(3, 0, 0, 0, 0, 3, 0), RunState.Failed) with { FailedChunks = [Failed(0, "No space left"), Failed(1, "No space left"), Failed(2, "No such file")] }, "The run failed").Reasons;

        Assert.Equal(["Chunk 0: exited with code 0, but its files could not be kept: No space left.", "Chunk 2: exited with code 0, but its files could not be kept: No such file."], reasons.Take(2));
    }

    [Fact]
    public void A_full_disk_is_the_reason_before_all_others() => Assert.Contains(
        "free space", Assert.Single(Verdict(Facts(Going, Ada()) with { FullDisk = "/data" }, "The disk of /data is full").Remedies), StringComparison.Ordinal);

    [Fact]
    public void Attempts_that_failed_are_named_before_their_chunks_fail_for_good()
    {
        var attempt = new AttemptView
        {
            Index = 3,
            Attempt = 1,
            Host = "ada",
            StartedAt = TestData.Noon,
            Outcome = AttemptOutcome.ExitCode,
            ExitCode = 1,
            StderrTail = "ModuleNotFoundError: No module named 'numpy'",
            Slot = 0,
            Seconds = 1,
            CpuSeconds = 1,
            PeakMemoryBytes = 0,
            Warm = WarmMode.Off,
        };
        var facts = Facts(Going, Ada());

        var explanation = Verdict(
            facts with { Run = facts.Run with { FailedAttempts = 8 }, FailedAttempts = [attempt, attempt with { Index = 5 }] }, "Running; 8 attempts failed, and their chunks run again.");

        Assert.Equal("Chunk 3: exited with code 1: ModuleNotFoundError: No module named 'numpy'.", explanation.Reasons[0]);
        Assert.Contains($"dbatch logs {Run}", Assert.Single(explanation.Remedies), StringComparison.Ordinal);
    }

    private static Explanation Verdict(ExplainInputs facts, string part)
    {
        var explanation = Explainer.Explain(facts);
        Assert.Contains(part, explanation.Verdict, StringComparison.Ordinal);
        return explanation;
    }

    private static ChunkView Chunk(ChunkState state) => new() { Index = 3, Start = 30, Count = 10, State = state, Attempts = 1 };

    private static HostView Ada() => new(TestData.Heartbeat("ada", TestData.Noon).Host, TestData.Noon, Alive: true, [], 0, 0);

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
            SubmittedAt = TestData.Noon,
        },
        new JobSpec { Command = ["x"] }, Retries: 2, Chunk: null, NextRetry: null, WaitingForRetry: 0, FailedChunks: [], FailedAttempts: [], hosts, TestData.Noon);
}
