using System.Runtime.CompilerServices;
using DistributedBatch.Contracts.Chunks;
using DistributedBatch.Contracts.Messages;
using DistributedBatch.Contracts.Runs;
using DistributedBatch.Producer.Ledger;

namespace DistributedBatch.Producer.Tests.Ledger;

public sealed class RunLedgerTests
{
    private static readonly DateTimeOffset Now = DateTimeOffset.UnixEpoch;

    [Fact]
    public void A_settled_chunk_takes_sixteen_bytes() => Assert.Equal(16, Unsafe.SizeOf<PackedChunk>());

    [Fact]
    public void A_run_without_items_has_succeeded() =>
        Assert.Equal((RunState.Succeeded, Now), (Open(total: 0).State, Open(total: 0).FinishedAt));

    [Fact]
    public void A_chunk_stays_pending_until_the_queue_has_confirmed_it()
    {
        var ledger = Open(total: 2);
        var dispatched = Dispatch(ledger, confirm: false);
        Assert.Equal((2, 0, 1), (ledger.Counts.Pending, ledger.Counts.Queued, ledger.Outstanding));

        ledger.Confirm(dispatched.Chunk.Index, dispatched.Attempt);

        Assert.Equal((1, 1, 1), (ledger.Counts.Pending, ledger.Counts.Queued, ledger.Outstanding));
    }

    [Fact]
    public void The_first_success_wins_and_a_second_one_changes_nothing()
    {
        var ledger = Open(total: 1);
        var dispatched = Dispatch(ledger);

        Assert.Equal(SettleResult.Succeeded, ledger.Settle(Report(dispatched, AttemptOutcome.Succeeded), Now));
        var counts = ledger.Counts;
        Assert.Equal(SettleResult.Duplicate, ledger.Settle(Report(dispatched, AttemptOutcome.Succeeded, attempt: 2), Now));

        Assert.Equal(counts, ledger.Counts);
        Assert.Equal(RunState.Succeeded, ledger.State);
    }

    [Fact]
    public void A_failed_chunk_waits_longer_after_each_failure_and_then_fails_for_good()
    {
        var ledger = Open(total: 1, retries: 2);
        var now = Now;
        foreach (var seconds in (int[])[1, 2])
        {
            Assert.True(ledger.TryDispatch(now, 1, out var dispatched));
            Assert.Equal(SettleResult.Retry, ledger.Settle(Report(dispatched, AttemptOutcome.ExitCode), now));
            Assert.Equal(now + TimeSpan.FromSeconds(seconds), ledger.NextDue);
            Assert.False(ledger.TryDispatch(now + TimeSpan.FromSeconds(seconds * 0.99), 1, out _));
            now = ledger.NextDue!.Value;
        }

        Assert.True(ledger.TryDispatch(now, 1, out var last));
        Assert.Equal(3, last.Attempt);
        Assert.Equal(SettleResult.Failed, ledger.Settle(Report(last, AttemptOutcome.Signal), now));
        Assert.Equal(RunState.Failed, ledger.State);
    }

    [Theory]
    [InlineData(AttemptOutcome.Released)]
    [InlineData(AttemptOutcome.Cancelled)]
    public void A_chunk_that_is_returned_costs_no_attempt(AttemptOutcome outcome)
    {
        var ledger = Open(total: 1, retries: 0);
        for (var times = 0; times < 10; times++)
            Assert.Equal(SettleResult.Released, ledger.Settle(Report(Dispatch(ledger), outcome), Now));

        Assert.Equal(SettleResult.Succeeded, ledger.Settle(Report(Dispatch(ledger), AttemptOutcome.Succeeded), Now));
    }

    [Fact]
    public void A_late_failure_of_an_earlier_dispatch_does_not_touch_the_present_one()
    {
        var ledger = Open(total: 1, retries: 0);
        var first = Dispatch(ledger);
        ledger.Settle(Report(first, AttemptOutcome.Released), Now);
        var second = Dispatch(ledger);

        Assert.Equal(SettleResult.Stale, ledger.Settle(Report(first, AttemptOutcome.ExitCode), Now));
        Assert.Equal(SettleResult.Succeeded, ledger.Settle(Report(second, AttemptOutcome.Succeeded), Now));
    }

    [Fact]
    public void A_chunk_that_is_lost_with_its_hosts_fails_at_the_crash_limit_and_spends_no_retries()
    {
        var ledger = Open(total: 1, retries: 0, crashLimit: 3);
        var now = Now;
        for (var host = 1; host < 3; host++)
        {
            Assert.True(ledger.TryDispatch(now, 1, out var dispatched));
            Assert.Equal(3 - host + 1, dispatched.CrashLimit);
            Assert.Equal(SettleResult.Retry, ledger.LoseHost(dispatched.Chunk.Index, now));
            now += TimeSpan.FromMinutes(10);
        }

        Assert.True(ledger.TryDispatch(now, 1, out var last));
        Assert.Equal(SettleResult.Failed, ledger.LoseHost(last.Chunk.Index, now));
        Assert.Equal(RunState.Failed, ledger.State);
    }

    [Fact]
    public void A_chunk_that_only_lay_ready_on_a_lost_host_is_not_to_blame_and_its_next_start_is_confirmed()
    {
        var ledger = Open(total: 1, crashLimit: 1);
        var first = Dispatch(ledger);
        Assert.False(first.ConfirmStart);
        ledger.Return(new ReturnedChunk(RunId.New(), first.Chunk.Index, first.Attempt, LostHosts: 1), "other", Now);
        ledger.Requeue(first.Chunk.Index);

        var second = Dispatch(ledger);

        Assert.Equal((2, 0, 1, true), (second.Attempt, second.LostHosts, second.CrashLimit, second.ConfirmStart));
    }

    [Fact]
    public void A_chunk_whose_delivery_is_lost_before_its_start_was_reported_waits_for_that_report_and_runs_once()
    {
        var ledger = Open(total: 1);
        var first = Dispatch(ledger);
        ledger.Return(new ReturnedChunk(RunId.New(), first.Chunk.Index, first.Attempt, LostHosts: 1), "other", Now);
        Assert.False(ledger.TryDispatch(Now + TimeSpan.FromMinutes(10), 1, out _));

        Assert.Equal(SettleResult.Started, ledger.Settle(Report(first, outcome: null), Now));
        Assert.Equal(SettleResult.Succeeded, ledger.Settle(Report(first, AttemptOutcome.Succeeded), Now));
        Assert.Equal(RunState.Succeeded, ledger.State);
    }

    [Fact]
    public void A_started_chunk_whose_delivery_is_lost_stays_with_its_host_until_the_host_is_known_to_be_lost()
    {
        var ledger = Open(total: 1, crashLimit: 2);
        var first = Dispatch(ledger);
        ledger.Settle(Report(first, outcome: null), Now);
        ledger.Return(new ReturnedChunk(RunId.New(), first.Chunk.Index, first.Attempt, LostHosts: 1), "other", Now);
        Assert.False(ledger.TryDispatch(Now + TimeSpan.FromMinutes(10), 1, out _));

        Assert.Equal(SettleResult.Retry, ledger.LoseHost(first.Chunk.Index, Now));
        Assert.True(ledger.TryDispatch(Now + TimeSpan.FromMinutes(10), 1, out var second));
        Assert.Equal((1, 1), (second.LostHosts, second.CrashLimit));
    }

    [Fact]
    public void A_started_chunk_whose_delivery_is_lost_succeeds_with_the_report_of_its_host()
    {
        var ledger = Open(total: 1);
        var first = Dispatch(ledger);
        ledger.Settle(Report(first, outcome: null), Now);
        ledger.Return(new ReturnedChunk(RunId.New(), first.Chunk.Index, first.Attempt, LostHosts: 1), "other", Now);

        Assert.Equal(SettleResult.Succeeded, ledger.Settle(Report(first, AttemptOutcome.Succeeded), Now));
        Assert.Equal(RunState.Succeeded, ledger.State);
    }

    [Fact]
    public void An_attempt_that_a_host_reported_is_settled_leased_returned_and_put_aside_by_no_other_host()
    {
        var ledger = Open(total: 1);
        var first = Dispatch(ledger);
        ledger.Settle(Report(first, outcome: null), Now);

        foreach (var outcome in new AttemptOutcome?[] { null, AttemptOutcome.Succeeded, AttemptOutcome.ExitCode, AttemptOutcome.HostLost, AttemptOutcome.Released })
            Assert.Equal(SettleResult.Stale, ledger.Settle(Report(first, outcome) with { Host = "mallory" }, Now));
        ledger.Lease(new LeaseTaken(default, first.Chunk.Index, first.Attempt, "mallory", Now));
        ledger.Return(new ReturnedChunk(default, first.Chunk.Index, first.Attempt, LostHosts: 0), "mallory", Now);
        Assert.Equal(SettleResult.Stale, ledger.DeadLetter(first.Chunk.Index, first.Attempt, "mallory", Now));

        Assert.Equal(("h", false), (ledger.FindInFlight(first.Chunk.Index)!.Host, ledger.FindInFlight(first.Chunk.Index)!.Leased));
        Assert.Equal(SettleResult.Succeeded, ledger.Settle(Report(first, AttemptOutcome.Succeeded), Now));
    }

    [Theory]
    [InlineData(AttemptOutcome.Released)]
    [InlineData(AttemptOutcome.ExitCode)]
    public void Attempts_that_a_killed_producer_did_not_commit_do_not_count_as_lost_hosts(AttemptOutcome outcome)
    {
        var ledger = Open(total: 1, crashLimit: 5);
        ledger.Settle(Report(Dispatch(ledger), outcome, attempt: 4), Now);

        Assert.True(ledger.TryDispatch(Now + TimeSpan.FromMinutes(10), 1, out var again));

        Assert.Equal((0, 5, 5), (again.LostHosts, again.CrashLimit, again.Attempt));
    }

    [Fact]
    public void More_failures_than_the_limit_cancel_the_run()
    {
        var ledger = Open(total: 10, retries: 0, maxFailures: 1);
        ledger.Settle(Report(Dispatch(ledger), AttemptOutcome.ExitCode), Now);
        Assert.Equal(RunState.Running, ledger.State);

        ledger.Settle(Report(Dispatch(ledger), AttemptOutcome.ExitCode), Now);

        Assert.Equal(RunState.Cancelled, ledger.State);
        Assert.Contains("2 chunks failed and the limit is 1", ledger.Reason, StringComparison.Ordinal);
        Assert.Equal(new ChunkCounts(10, 0, 0, 0, 0, 2, 8), ledger.Counts);
    }

    [Fact]
    public void A_chunk_that_fails_with_a_lost_host_counts_against_the_limit_of_failures()
    {
        var ledger = Open(total: 10, crashLimit: 1, maxFailures: 0);

        Assert.Equal(SettleResult.Failed, ledger.LoseHost(Dispatch(ledger).Chunk.Index, Now));

        Assert.Equal((RunState.Cancelled, "Cancelled because 1 chunk failed and the limit is 0."), (ledger.State, ledger.Reason));
    }

    [Fact]
    public void A_cancelled_run_settles_queued_chunks_at_once_and_waits_for_running_ones_until_its_timeout()
    {
        var ledger = Open(total: 10);
        Dispatch(ledger);
        var running = Dispatch(ledger);
        ledger.Settle(Report(running, outcome: null), Now);

        Assert.Null(ledger.Apply(RunAction.Cancel, Now));
        Assert.Equal((1, 9), (ledger.Counts.Running, ledger.Counts.Cancelled));
        Assert.Null(ledger.FinishedAt);

        ledger.CheckDeadline(ledger.NextDue!.Value);
        Assert.Equal(10, ledger.Counts.Cancelled);
        Assert.NotNull(ledger.FinishedAt);
    }

    [Fact]
    public void An_attempt_that_succeeds_although_its_run_is_cancelled_counts()
    {
        var ledger = Open(total: 1);
        var dispatched = Dispatch(ledger);
        ledger.Settle(Report(dispatched, outcome: null), Now);
        ledger.Apply(RunAction.Cancel, Now);

        Assert.Equal(SettleResult.Succeeded, ledger.Settle(Report(dispatched, AttemptOutcome.Succeeded), Now));
        Assert.Equal(RunState.Cancelled, ledger.State);
    }

    [Fact]
    public void A_paused_run_dispatches_nothing_and_continues_where_it_was()
    {
        var ledger = Open(total: 2);
        Dispatch(ledger);
        Assert.Null(ledger.Apply(RunAction.Pause, Now));
        Assert.False(ledger.TryDispatch(Now, 1, out _));

        Assert.Null(ledger.Apply(RunAction.Resume, Now));

        Assert.Equal(1, Dispatch(ledger).Chunk.Index);
    }

    [Fact]
    public void Retry_gives_failed_and_cancelled_chunks_new_attempts_and_leaves_succeeded_ones_alone()
    {
        var ledger = Open(total: 3, retries: 0);
        ledger.Settle(Report(Dispatch(ledger), AttemptOutcome.Succeeded), Now);
        ledger.Settle(Report(Dispatch(ledger), AttemptOutcome.ExitCode), Now);
        Assert.NotNull(ledger.Apply(RunAction.Retry, Now));
        ledger.Settle(Report(Dispatch(ledger), AttemptOutcome.Timeout), Now);

        Assert.Null(ledger.Apply(RunAction.Retry, Now));

        Assert.Equal((RunState.Running, 2, 1), (ledger.State, ledger.Counts.Pending, ledger.Counts.Succeeded));
        Assert.Equal([1, 2], [Dispatch(ledger).Chunk.Index, Dispatch(ledger).Chunk.Index]);
    }

    [Fact]
    public void A_settled_run_refuses_every_action()
    {
        var ledger = Open(total: 0);

        foreach (var action in Enum.GetValues<RunAction>())
            Assert.NotNull(ledger.Apply(action, Now));
    }

    [Fact]
    public void A_report_about_other_items_than_the_chunks_is_ignored()
    {
        var ledger = Open(total: 10);
        var report = Report(Dispatch(ledger), AttemptOutcome.Succeeded);

        Assert.Equal(SettleResult.Stale, ledger.Settle(report with { Count = 2 }, Now));
        Assert.Equal(SettleResult.Stale, ledger.Settle(report with { Index = 10 }, Now));
        Assert.Equal(0, ledger.Counts.Succeeded);
    }

    [Fact]
    public void A_chunk_that_was_dispatched_and_not_committed_before_a_crash_is_known_from_its_report()
    {
        var ledger = Open(total: 10);
        var lost = new DispatchedChunk(new ChunkRange(4, 4, 1), Attempt: 1, CrashLimit: 5, LostHosts: 0, ConfirmStart: false, IsNew: true);

        Assert.Equal(SettleResult.Succeeded, ledger.Settle(Report(lost, AttemptOutcome.Succeeded), Now));

        Assert.Equal([0, 1, 2, 3, 5], Enumerable.Range(0, 5).Select(_ => Dispatch(ledger).Chunk.Index));
    }

    [Fact]
    public void A_chunk_that_is_settled_soon_is_written_once()
    {
        var ledger = Open(total: 10);
        ledger.TakeChanges();
        var (first, second) = (Dispatch(ledger), Dispatch(ledger));
        ledger.AddDueChanges(Now);
        Assert.False(ledger.HasChanges);

        ledger.Settle(Report(second, AttemptOutcome.Succeeded), Now);
        Assert.Equal((second.Chunk, ChunkState.Succeeded), Assert.Single(ChangesOf(ledger)));

        Assert.Equal(Now + TimeSpan.FromSeconds(1), ledger.NextDue);
        ledger.AddDueChanges(ledger.NextDue!.Value);
        Assert.Equal((first.Chunk, ChunkState.Queued), Assert.Single(ChangesOf(ledger)));
        Assert.Null(ledger.NextDue);
    }

    [Fact]
    public void Chunks_in_flight_are_written_with_a_pause()
    {
        var ledger = Open(total: 10);
        ledger.TakeChanges();
        var dispatched = Dispatch(ledger);

        ledger.Apply(RunAction.Pause, Now);
        ledger.AddDueChanges(Now);

        Assert.Equal((dispatched.Chunk, ChunkState.Queued), Assert.Single(ChangesOf(ledger)));
    }

    [Fact]
    public void A_chunk_with_an_automatic_size_is_written_before_it_is_published()
    {
        var ledger = new RunLedger(new RunLimits { First = 0, Total = 10, ChunkSize = null }, Now, () => 0.5);
        ledger.TakeChanges();

        var dispatched = Dispatch(ledger, confirm: false);

        Assert.Equal((dispatched.Chunk, ChunkState.Pending), Assert.Single(ChangesOf(ledger)));
    }

    [Fact]
    public void Chunks_that_were_not_written_before_a_crash_are_dispatched_again_with_a_new_attempt()
    {
        var ledger = Open(total: 10);
        ledger.TakeChanges();
        DispatchedChunk[] dispatched = [Dispatch(ledger), Dispatch(ledger), Dispatch(ledger), Dispatch(ledger)];
        ledger.Settle(Report(dispatched[2], AttemptOutcome.Succeeded), Now);
        var stored = ledger.TakeChanges();

        var again = RunLedger.Restore(new RunLimits { First = 0, Total = 10 }, stored.State, () => 0.5);
        foreach (var row in stored.Chunks)
            again.RestoreChunk(row, queueSurvived: true, Now);
        again.FinishRestore(Now);

        Assert.Equal((9, 1), (again.Counts.Pending, again.Counts.Succeeded));
        Assert.Equal(
            [(0, 2), (1, 2), (3, 2)],
            Enumerable.Range(0, 3).Select(_ => Dispatch(again)).Select(chunk => (chunk.Chunk.Index, chunk.Attempt)));
        Assert.Equal(SettleResult.Succeeded, again.Settle(Report(dispatched[0], AttemptOutcome.Succeeded), Now));
    }

    [Fact]
    public void A_producer_that_is_killed_after_it_published_never_uses_the_number_of_an_attempt_again()
    {
        var ledger = Open(total: 100);
        var stored = ledger.TakeChanges();
        Assert.All(Enumerable.Range(0, 16), _ => Assert.False(ledger.Reserve(Dispatch(ledger))));
        Assert.True(ledger.Reserve(Dispatch(ledger)));

        var again = Restore(stored, total: 100);
        var dispatched = Enumerable.Range(0, 17).Select(_ => Dispatch(again)).ToList();

        Assert.All(dispatched[..16], chunk => Assert.Equal((2, true), (chunk.Attempt, again.Reserve(chunk))));
        Assert.Equal((16, 1, true), (dispatched[16].Chunk.Index, dispatched[16].Attempt, again.Reserve(dispatched[16])));
    }

    [Fact]
    public void After_an_orderly_stop_attempts_begin_at_one()
    {
        var ledger = Open(total: 100);
        ledger.Reserve(Dispatch(ledger));
        ledger.AddDueChanges(DateTimeOffset.MaxValue);

        var again = Restore(ledger.TakeChanges(), total: 100);

        Assert.Equal((1, 1), (Dispatch(again).Chunk.Index, again.InFlight.Max(chunk => chunk.Chunk.FirstAttempt)));
    }

    [Fact]
    public void A_stored_retry_does_not_wait_longer_than_any_delay_lasts()
    {
        var ledger = Open(total: 1);
        ledger.Settle(Report(Dispatch(ledger), AttemptOutcome.ExitCode), Now.AddHours(1));

        // The clock was set back by an hour.
        var again = Restore(ledger.TakeChanges(), total: 1);

        Assert.Equal(2, Dispatch(again).Attempt);
    }

    private static RunLedger Restore(LedgerChanges stored, long total)
    {
        var ledger = RunLedger.Restore(new RunLimits { First = 0, Total = total }, stored.State, () => 0.5);
        foreach (var row in stored.Chunks)
            ledger.RestoreChunk(row, queueSurvived: true, Now);
        ledger.FinishRestore(Now);
        return ledger;
    }

    private static IEnumerable<(ChunkRange Chunk, ChunkState State)> ChangesOf(RunLedger ledger) =>
        ledger.TakeChanges().Chunks.Select(row => (row.Chunk, row.State));

    private static RunLedger Open(long total, int retries = 2, int crashLimit = 5, int? maxFailures = null) => new(
        new RunLimits { First = 0, Total = total, Retries = retries, CrashLimit = crashLimit, MaxFailures = maxFailures }, Now, () => 0.5);

    private static DispatchedChunk Dispatch(RunLedger ledger, bool confirm = true)
    {
        Assert.True(ledger.TryDispatch(Now, slots: 1, out var dispatched));
        if (confirm)
            ledger.Confirm(dispatched.Chunk.Index, dispatched.Attempt);
        return dispatched;
    }

    private static AttemptReport Report(DispatchedChunk dispatched, AttemptOutcome? outcome, int? attempt = null) => new()
    {
        Run = default,
        Index = dispatched.Chunk.Index,
        Start = dispatched.Chunk.Start,
        Count = dispatched.Chunk.Count,
        Attempt = attempt ?? dispatched.Attempt,
        Host = "h",
        Slot = 0,
        StartedAt = Now,
        Outcome = outcome,
    };
}
