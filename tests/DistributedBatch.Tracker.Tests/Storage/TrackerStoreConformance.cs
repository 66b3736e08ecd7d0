using System.Net;
using System.Text.Json;
using DistributedBatch.Contracts.Api;
using DistributedBatch.Contracts.Chunks;
using DistributedBatch.Contracts.Runs;
using DistributedBatch.Storage.Connections;
using DistributedBatch.TestKit.Network;
using DistributedBatch.Tracker.Queries;
using DistributedBatch.Tracker.Retention;

namespace DistributedBatch.Tracker.Tests.Storage;

/// <summary>What the tracker's store does, on SQLite and on PostgreSQL.</summary>
public abstract class TrackerStoreConformance
{
    private static readonly ChunkCounts Ten = new(10, 8, 1, 1, 0, 0, 0);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact(Timeout = 30_000)]
    public async Task A_submitted_run_is_shown_with_what_was_asked_for()
    {
        await using var storage = await OpenAsync();
        var run = RunId.New();

        await storage.CommitAsync(TestData.Submitted(run), TestData.Changed(run, 1, RunState.Running, Ten));

        var view = (await storage.Queries.ShowAsync(run, Cancellation))!;
        Assert.Equal("digits", view.Name);
        Assert.Equal(["python", "attack.py"], view.Command);
        Assert.Equal(Ten, view.Chunks);
        Assert.Equal(100, view.Total);
        Assert.Equal(TestData.Noon, view.SubmittedAt);
        Assert.EndsWith($"runs/{run}/out", view.OutputDirectory, StringComparison.Ordinal);
    }

    [Fact(Timeout = 30_000)]
    public async Task A_change_received_before_its_submission_is_kept()
    {
        await using var storage = await OpenAsync();
        var run = RunId.New();

        await storage.CommitAsync(TestData.Changed(run, 5, RunState.Paused, Ten));
        await storage.CommitAsync(TestData.Submitted(run, name: "late"));

        var view = (await storage.Queries.ShowAsync(run, Cancellation))!;
        Assert.Equal(("late", RunState.Paused), (view.Name, view.State));
    }

    [Fact(Timeout = 30_000)]
    public async Task An_older_revision_changes_neither_run_nor_chunk()
    {
        await using var storage = await OpenAsync();
        var run = RunId.New();
        var done = new ChunkCounts(10, 0, 0, 0, 10, 0, 0);

        await storage.CommitAsync(TestData.Submitted(run), TestData.Changed(run, 9, RunState.Succeeded, done, TestData.Chunk(0, ChunkState.Succeeded, 9)));
        await storage.CommitAsync(TestData.Changed(run, 3, RunState.Running, Ten, TestData.Chunk(0, ChunkState.Running, 3)));

        Assert.Equal(RunState.Succeeded, (await storage.Queries.ShowAsync(run, Cancellation))!.State);
        Assert.Equal(ChunkState.Succeeded, (await storage.Queries.ChunkAsync(run, 0, Cancellation))!.State);
        Assert.Equal(1, (await storage.Queries.StripAsync(run, cancellation: Cancellation))!.Counts[(int)ChunkState.Succeeded]);
    }

    [Fact(Timeout = 30_000)]
    public async Task A_report_that_comes_twice_counts_once()
    {
        await using var storage = await OpenAsync();
        var run = RunId.New();
        var reports = TestData.Reports(TestData.Succeeded(run, 0), TestData.Failed(run, 1));

        await storage.CommitAsync(TestData.Submitted(run), TestData.Heartbeat("ada", TestData.Noon), reports);
        await storage.CommitAsync(reports);
        await storage.CommitAsync(reports, reports);

        var host = Assert.Single(await storage.Queries.HostsAsync(Cancellation));
        Assert.Equal((1, 1), (host.Succeeded, host.Failed));
        var timeline = (await storage.Queries.TimelineAsync(run, cancellation: Cancellation))!;
        Assert.Equal((1, 1, 10), (timeline.Sum(at => at.Succeeded), timeline.Sum(at => at.Failed), timeline.Sum(at => at.Items)));
    }

    [Theory(Timeout = 30_000)]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_second_success_of_a_chunk_is_kept_as_a_duplicate_and_counts_nowhere(bool inOneBatch)
    {
        await using var storage = await OpenAsync();
        var run = RunId.New();
        await storage.CommitAsync(TestData.Submitted(run), TestData.Heartbeat("ada", TestData.Noon), TestData.Changed(run, 1, RunState.Running, Ten));
        var first = TestData.Reports(TestData.Succeeded(run, 0, attempt: 2, result: "\"first\""));
        var second = TestData.Reports(TestData.Succeeded(run, 0, attempt: 1, result: "\"second\""));

        if (inOneBatch)
        {
            await storage.CommitAsync(first, second);
        }
        else
        {
            await storage.CommitAsync(first);
            await storage.CommitAsync(second);
        }

        var attempts = await storage.Queries.AttemptsAsync(run, 0, Cancellation);
        Assert.Equal([true, false], attempts.Select(attempt => attempt.Duplicate));
        Assert.Equal("first", Assert.Single(await ResultsAsync(storage, run)).Result.GetString());
        Assert.Equal(1, Assert.Single(await storage.Queries.HostsAsync(Cancellation)).Succeeded);
        Assert.Equal(10, (await storage.Queries.TimelineAsync(run, cancellation: Cancellation))!.Sum(at => at.Items));
    }

    [Fact(Timeout = 30_000)]
    public async Task The_end_of_an_attempt_replaces_its_start_and_never_the_other_way_round()
    {
        await using var storage = await OpenAsync();
        var run = RunId.New();

        await storage.CommitAsync(TestData.Submitted(run), TestData.Reports(TestData.Started(run, 0)));
        Assert.Null(Assert.Single(await storage.Queries.AttemptsAsync(run, 0, Cancellation)).Outcome);
        await storage.CommitAsync(TestData.Reports(TestData.Failed(run, 0)));
        await storage.CommitAsync(TestData.Reports(TestData.Started(run, 0)));

        var attempt = Assert.Single(await storage.Queries.AttemptsAsync(run, 0, Cancellation));
        Assert.Equal((AttemptOutcome.ExitCode, 3, "exit code 3", "Traceback"), (attempt.Outcome, attempt.ExitCode, attempt.Error, attempt.StderrTail));
    }

    [Fact(Timeout = 30_000)]
    public async Task A_chunk_shows_the_attempt_that_succeeded_even_when_a_later_one_failed()
    {
        await using var storage = await OpenAsync();
        var run = RunId.New();

        await storage.CommitAsync(
            TestData.Submitted(run),
            TestData.Changed(run, 2, RunState.Running, Ten, TestData.Chunk(3, ChunkState.Succeeded, 2, attempts: 2)),
            TestData.Reports(TestData.Succeeded(run, 3, attempt: 1), TestData.Failed(run, 3, attempt: 2)));

        Assert.Equal(1, (await storage.Queries.ChunkAsync(run, 3, Cancellation))!.LastAttempt!.Attempt);
    }

    [Fact(Timeout = 30_000)]
    public async Task Programs_may_write_what_no_database_stores()
    {
        await using var storage = await OpenAsync();
        var run = RunId.New();

        await storage.CommitAsync(TestData.Submitted(run), TestData.Reports(TestData.Failed(run, 0, error: "nul \0 in it", stderr: "half a pair \ud83d and 😀")));

        var attempt = Assert.Single(await storage.Queries.AttemptsAsync(run, 0, Cancellation));
        Assert.Equal(("nul \ufffd in it", "half a pair \ufffd and 😀"), (attempt.Error, attempt.StderrTail));
    }

    [Fact(Timeout = 30_000)]
    public async Task Runs_are_listed_newest_first_page_by_page_and_by_state()
    {
        await using var storage = await OpenAsync();
        var runs = Enumerable.Range(0, 5).Select(_ => RunId.New()).ToList();
        foreach (var run in runs)
            await storage.CommitAsync(TestData.Submitted(run), TestData.Changed(run, 1, run == runs[1] ? RunState.Paused : RunState.Running, Ten));

        var first = await storage.Queries.ListAsync(limit: 2, cancellation: Cancellation);
        var second = await storage.Queries.ListAsync(limit: 2, after: first.Next, cancellation: Cancellation);
        var third = await storage.Queries.ListAsync(limit: 2, after: second.Next, cancellation: Cancellation);
        var paused = await storage.Queries.ListAsync(RunState.Paused, cancellation: Cancellation);

        Assert.Equal(runs.AsEnumerable().Reverse(), first.Items.Concat(second.Items).Concat(third.Items).Select(view => view.Run));
        Assert.Null(third.Next);
        Assert.Equal(runs[1], Assert.Single(paused.Items).Run);
    }

    [Fact(Timeout = 30_000)]
    public async Task A_run_is_found_by_id_prefix_name_or_as_the_last()
    {
        await using var storage = await OpenAsync();
        RunId[] runs = [RunId.Parse("aaaaaaaaa1"), RunId.Parse("aaaaaaaaa2"), RunId.Parse("bbbbbbbbb1")];
        await storage.CommitAsync(TestData.Submitted(runs[0], "digits"));
        await storage.CommitAsync(TestData.Submitted(runs[1], "digits"));
        await storage.CommitAsync(TestData.Submitted(runs[2], "letters"));

        Assert.Equal(new RunSelector.Found(runs[0]), await storage.Queries.FindAsync("aaaaaaaaa1", Cancellation));
        Assert.Equal(new RunSelector.Found(runs[1]), await storage.Queries.FindAsync("digits", Cancellation));
        Assert.Equal(new RunSelector.Found(runs[2]), await storage.Queries.FindAsync("b", Cancellation));
        Assert.Equal(new RunSelector.Found(runs[2]), await storage.Queries.FindAsync("last", Cancellation));
        var ambiguous = Assert.IsType<RunSelector.Ambiguous>(await storage.Queries.FindAsync("aaa", Cancellation));
        Assert.Equal([runs[1], runs[0]], ambiguous.Candidates);
        Assert.IsType<RunSelector.None>(await storage.Queries.FindAsync("zebra", Cancellation));
    }

    [Fact(Timeout = 30_000)]
    public async Task Chunks_are_filtered_by_state_across_blocks_and_pages()
    {
        await using var storage = await OpenAsync();
        var run = RunId.New();
        int[] failed = [0, 4095, 4096, 9000, 12_000];
        await storage.CommitAsync(
            TestData.Submitted(run, total: 130_000),
            TestData.Changed(run, 1, RunState.Running, new ChunkCounts(13_000, 12_995, 0, 0, 0, 5, 0), [.. failed.Select(index => TestData.Chunk(index, ChunkState.Failed, 1))]));

        var first = (await storage.Queries.FailuresAsync(run, 3, cancellation: Cancellation))!;
        var second = (await storage.Queries.FailuresAsync(run, 3, first.Next, Cancellation))!;
        var pending = (await storage.Queries.ChunksAsync(run, new ChunkFilter { State = ChunkState.Pending }, 3, "8998", Cancellation))!;

        Assert.Equal(failed, first.Items.Concat(second.Items).Select(chunk => chunk.Index));
        Assert.Null(second.Next);
        Assert.Equal([8999, 9001, 9002], pending.Items.Select(chunk => chunk.Index));
        Assert.Equal(90_010, pending.Items[1].Start);
    }

    [Fact(Timeout = 30_000)]
    public async Task Chunks_are_filtered_by_host_duration_and_error_together()
    {
        await using var storage = await OpenAsync();
        var run = RunId.New();
        await storage.CommitAsync(
            TestData.Submitted(run),
            TestData.Changed(run, 1, RunState.Running, Ten, [.. Enumerable.Range(0, 5).Select(index => TestData.Chunk(index, ChunkState.Succeeded, 1))]),
            TestData.Reports(
                TestData.Failed(run, 0, error: "CUDA out of memory", host: "bob"), TestData.Succeeded(run, 0, attempt: 2, host: "ada", seconds: 30),
                TestData.Succeeded(run, 1, seconds: 40), TestData.Succeeded(run, 2, host: "bob"), TestData.Failed(run, 3, stderr: "100% cuda_error"), TestData.Failed(run, 4)));

        async Task<IEnumerable<int>> With(ChunkFilter filter) =>
            (await storage.Queries.ChunksAsync(run, filter, cancellation: Cancellation))!.Items.Select(chunk => chunk.Index);

        Assert.Equal([0, 2], await With(new ChunkFilter { Host = "bob" }));
        Assert.Equal([0, 1], await With(new ChunkFilter { LongerThan = TimeSpan.FromSeconds(30) }));
        Assert.Equal([0, 3], await With(new ChunkFilter { Error = "cuda" }));
        Assert.Equal([3], await With(new ChunkFilter { Error = "100% cuda_" }));
        Assert.Equal([0], await With(new ChunkFilter { Error = "cuda", Host = "bob", LongerThan = TimeSpan.FromSeconds(30), State = ChunkState.Succeeded }));
        Assert.Empty(await With(new ChunkFilter { Error = "cuda", State = ChunkState.Failed }));
    }

    [Fact(Timeout = 30_000)]
    public async Task The_strip_covers_every_chunk_and_never_has_more_buckets_than_asked_for()
    {
        await using var storage = await OpenAsync();
        var run = RunId.New();
        await storage.CommitAsync(
            TestData.Submitted(run, total: 100_000),
            TestData.Changed(run, 1, RunState.Running, new ChunkCounts(10_000, 9_998, 0, 1, 0, 1, 0), TestData.Chunk(5000, ChunkState.Failed, 1), TestData.Chunk(9999, ChunkState.Running, 1)));

        var strip = (await storage.Queries.StripAsync(run, 100, Cancellation))!;

        Assert.Equal((10_000, 100, 600), (strip.Total, strip.ChunksPerBucket, strip.Counts.Count));
        Assert.Equal(10_000, strip.Counts.Sum());
        Assert.Equal([99, 0, 0, 0, 1, 0], strip.Counts.Skip(50 * 6).Take(6));
        Assert.Equal([99, 0, 1, 0, 0, 0], strip.Counts.TakeLast(6));
    }

    [Fact(Timeout = 30_000)]
    public async Task Quantiles_are_right_to_within_a_twentieth()
    {
        await using var storage = await OpenAsync();
        var run = RunId.New();
        await storage.CommitAsync(
            TestData.Submitted(run), TestData.Reports([.. Enumerable.Range(1, 100).Select(index => TestData.Succeeded(run, index, seconds: index))]));

        var view = (await storage.Queries.ShowAsync(run, Cancellation))!;

        Assert.InRange(view.MedianSeconds!.Value, 47.5, 52.5);
        Assert.InRange(view.P95Seconds!.Value, 90, 100);
    }

    [Fact(Timeout = 30_000)]
    public async Task The_slowest_attempts_come_first()
    {
        await using var storage = await OpenAsync();
        var run = RunId.New();
        await storage.CommitAsync(
            TestData.Submitted(run), TestData.Reports([.. Enumerable.Range(0, 20).Select(index => TestData.Succeeded(run, index, seconds: (index * 7) % 20))]));

        var slowest = await storage.Queries.SlowestAsync(run, 3, Cancellation);

        Assert.Equal([19.0, 18.0, 17.0], slowest.Select(attempt => attempt.Seconds));
    }

    [Fact(Timeout = 30_000)]
    public async Task Results_come_in_the_order_of_their_chunks_and_text_that_is_no_JSON_as_text()
    {
        await using var storage = await OpenAsync();
        var run = RunId.New();
        await storage.CommitAsync(
            TestData.Submitted(run),
            TestData.Reports(TestData.Succeeded(run, 11, result: "{\"loss\": 0.5}"), TestData.Succeeded(run, 2, result: "not json"), TestData.Succeeded(run, 7)));

        var results = await ResultsAsync(storage, run);

        Assert.Equal([2, 11], results.Select(result => result.Index));
        Assert.Equal("not json", results[0].Result.GetString());
        Assert.Equal(0.5, results[1].Result.GetProperty("loss").GetDouble());
    }

    [Fact(Timeout = 30_000)]
    public async Task A_host_without_heartbeats_or_one_that_stopped_is_offline()
    {
        await using var storage = await OpenAsync();
        await storage.CommitAsync(TestData.Heartbeat("ada", TestData.Noon), TestData.Heartbeat("bob", TestData.Noon) with { Stopping = true });
        Assert.Equal([true, false], (await storage.Queries.HostsAsync(Cancellation)).Select(host => host.Alive));

        storage.Time.Now += TimeSpan.FromSeconds(31);

        Assert.Equal([false, false], (await storage.Queries.HostsAsync(Cancellation)).Select(host => host.Alive));
    }

    [Fact(Timeout = 30_000)]
    public async Task A_host_that_was_seen_before_the_clock_of_the_tracker_was_set_back_is_offline_until_it_is_seen_again()
    {
        await using var storage = await OpenAsync();
        await storage.CommitAsync(TestData.Heartbeat("ada", TestData.Noon), TestData.Heartbeat("bob", TestData.Noon));

        storage.Time.Now -= TimeSpan.FromHours(1);
        await storage.CommitAsync(TestData.Heartbeat("bob", TestData.Noon));

        Assert.Equal([false, true], (await storage.Queries.HostsAsync(Cancellation)).Select(host => host.Alive));
    }

    [Fact(Timeout = 30_000)]
    public async Task A_host_whose_clock_was_set_back_stays_online()
    {
        await using var storage = await OpenAsync();
        await storage.CommitAsync(TestData.Heartbeat("ada", TestData.Noon));

        storage.Time.Now += TimeSpan.FromMinutes(10);
        await storage.CommitAsync(TestData.Heartbeat("ada", TestData.Noon.AddHours(-1)));

        Assert.True(Assert.Single(await storage.Queries.HostsAsync(Cancellation)).Alive);
    }

    [Fact(Timeout = 30_000)]
    public async Task An_offline_host_is_forgotten_its_attempts_stay_and_it_may_come_back()
    {
        await using var storage = await OpenAsync();
        var run = RunId.New();
        await storage.CommitAsync(
            TestData.Submitted(run), TestData.Heartbeat("ada", TestData.Noon), TestData.Heartbeat("bob", TestData.Noon), TestData.Reports(TestData.Succeeded(run, 0)));
        Assert.Equal(HostRemoval.StillOnline, await storage.HostRemover.ForgetAsync("ada", Cancellation));
        storage.Time.Now += TimeSpan.FromSeconds(31);

        Assert.Equal(HostRemoval.Done, await storage.HostRemover.ForgetAsync("ada", Cancellation));
        Assert.Equal(HostRemoval.Unknown, await storage.HostRemover.ForgetAsync("ada", Cancellation));

        Assert.Equal(["bob"], (await storage.Queries.HostsAsync(Cancellation)).Select(host => host.Host.Name));
        Assert.Equal("ada", Assert.Single(await storage.Queries.AttemptsAsync(run, 0, Cancellation)).Host);
        await storage.CommitAsync(TestData.Heartbeat("ada", storage.Time.Now));
        Assert.Equal([true, false], (await storage.Queries.HostsAsync(Cancellation)).Select(host => host.Alive));
    }

    [Fact(Timeout = 30_000)]
    public async Task A_heartbeat_with_a_time_in_2099_does_not_hide_the_next_ones()
    {
        await using var storage = await OpenAsync();
        await storage.CommitAsync(TestData.Heartbeat("ada", new DateTimeOffset(2099, 1, 1, 0, 0, 0, TimeSpan.Zero)));
        storage.Time.Now += TimeSpan.FromMinutes(1);
        Assert.False(Assert.Single(await storage.Queries.HostsAsync(Cancellation)).Alive);

        await storage.CommitAsync(TestData.Heartbeat("ada", TestData.Noon));

        Assert.True(Assert.Single(await storage.Queries.HostsAsync(Cancellation)).Alive);
    }

    [Fact(Timeout = 30_000)]
    public async Task An_attempt_that_never_reported_its_end_is_shown_as_lost_once_its_chunk_moved_on()
    {
        await using var storage = await OpenAsync();
        var run = RunId.New();
        await storage.CommitAsync(
            TestData.Submitted(run), TestData.Reports(TestData.Started(run, 0)), TestData.Changed(run, 1, RunState.Running, Ten, TestData.Chunk(0, ChunkState.Running, 1)));
        Assert.Null(Assert.Single(await storage.Queries.AttemptsAsync(run, 0, Cancellation)).Outcome);

        await storage.CommitAsync(
            TestData.Reports(TestData.Succeeded(run, 0, attempt: 2)), TestData.Changed(run, 2, RunState.Running, Ten, TestData.Chunk(0, ChunkState.Succeeded, 2, attempts: 2)));

        Assert.Equal(
            [AttemptOutcome.HostLost, AttemptOutcome.Succeeded],
            (await storage.Queries.AttemptsAsync(run, 0, Cancellation)).Select(attempt => attempt.Outcome!.Value));
    }

    [Fact(Timeout = 30_000)]
    public async Task A_removed_run_leaves_nothing_and_late_messages_do_not_bring_it_back()
    {
        await using var storage = await OpenAsync();
        var (old, kept) = (RunId.New(), RunId.New());
        foreach (var run in new[] { old, kept })
        {
            await storage.CommitAsync(
                TestData.Submitted(run), TestData.Reports(TestData.Succeeded(run, 0, result: "1"), TestData.Failed(run, 1)),
                TestData.Changed(run, 1, RunState.Failed, new ChunkCounts(2, 0, 0, 0, 1, 1, 0), TestData.Chunk(0, ChunkState.Succeeded, 1), TestData.Chunk(1, ChunkState.Failed, 1)));
        }

        var log = Directory.CreateDirectory(Path.Combine(storage.Database.DataDirectory, "runs", old.Value, "logs"));
        await storage.ForgetAsync(old);
        await storage.Remover.CleanAsync(Cancellation);
        await storage.CommitAsync(TestData.Reports(TestData.Succeeded(old, 1, attempt: 2)), TestData.Changed(old, 2, RunState.Succeeded, new ChunkCounts(2, 0, 0, 0, 2, 0, 0)));

        Assert.Equal(kept, Assert.Single((await storage.Queries.ListAsync(cancellation: Cancellation)).Items).Run);
        Assert.Null(await storage.Queries.ShowAsync(old, Cancellation));
        Assert.IsType<RunSelector.None>(await storage.Queries.FindAsync(old.Value, Cancellation));
        Assert.Empty(await storage.Queries.AttemptsAsync(old, 0, Cancellation));
        Assert.Empty(await ResultsAsync(storage, old));
        Assert.False(log.Exists && Directory.Exists(log.FullName));
        Assert.Equal((1, 2), ((await ResultsAsync(storage, kept)).Count, (await storage.Queries.SlowestAsync(kept, cancellation: Cancellation)).Count));
    }

    [Fact(Timeout = 30_000)]
    public async Task An_active_run_cannot_be_removed()
    {
        await using var storage = await OpenAsync();
        var run = RunId.New();
        await storage.CommitAsync(TestData.Submitted(run), TestData.Changed(run, 1, RunState.Running, Ten));

        await storage.ForgetAsync(run);
        await storage.Remover.CleanAsync(Cancellation);

        Assert.NotNull(await storage.Queries.ShowAsync(run, Cancellation));
    }

    [Fact(Timeout = 30_000)]
    public async Task A_success_of_a_host_that_was_taken_for_lost_is_shown_with_its_result()
    {
        await using var storage = await OpenAsync();
        var run = RunId.New();
        await storage.CommitAsync(
            TestData.Submitted(run), TestData.Reports(TestData.Started(run, 3) with { Outcome = AttemptOutcome.HostLost, Error = "Host ada was lost." }));
        await storage.CommitAsync(TestData.Reports(TestData.Succeeded(run, 3, result: "7")), TestData.Heartbeat("ada", TestData.Noon));

        var attempt = Assert.Single(await storage.Queries.AttemptsAsync(run, 3, Cancellation));
        Assert.Equal((AttemptOutcome.Succeeded, false), (attempt.Outcome, attempt.Duplicate));
        Assert.Null(attempt.Error);
        Assert.Single(await ResultsAsync(storage, run));
        Assert.Equal(0, (await storage.Queries.ShowAsync(run, Cancellation))!.FailedAttempts);
        Assert.Equal([(1L, 0L)], (await storage.Queries.HostsAsync(Cancellation)).Select(host => (host.Succeeded, host.Failed)));
    }

    [Fact(Timeout = 30_000)]
    public async Task Failed_attempts_are_counted_and_listed_while_their_chunks_run_again()
    {
        await using var storage = await OpenAsync();
        var run = RunId.New();
        await storage.CommitAsync(
            TestData.Submitted(run),
            TestData.Reports(
                TestData.Failed(run, 3), TestData.Succeeded(run, 4), TestData.Failed(run, 5) with { StartedAt = TestData.Noon.AddMinutes(1) },
                TestData.Started(run, 6) with { Outcome = AttemptOutcome.Released }, TestData.Started(run, 7)));
        await storage.CommitAsync(TestData.Reports(TestData.Failed(run, 3)));

        Assert.Equal(2, (await storage.Queries.ShowAsync(run, Cancellation))!.FailedAttempts);
        Assert.Equal([5, 3], (await storage.Queries.FailedAttemptsAsync(run, cancellation: Cancellation)).Select(attempt => attempt.Index));
        Assert.Equal([5], (await storage.Queries.FailedAttemptsAsync(run, 1, Cancellation)).Select(attempt => attempt.Index));
    }

    [Fact(Timeout = 30_000)]
    public async Task A_run_whose_state_has_not_arrived_has_not_stalled_since_1970()
    {
        using var hook = new HttpCatcher();
        await using var storage = await OpenAsync();
        await storage.CommitAsync(TestData.Submitted(RunId.New(), notify: new Uri(hook.Address, "hook")));

        Assert.True(await storage.Notifier.FlushAsync(Cancellation));
        Assert.Empty(hook.Caught);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_notification_is_sent_once_and_retried_while_the_receiver_fails()
    {
        using var hook = new HttpCatcher { Answer = HttpStatusCode.ServiceUnavailable };
        await using var storage = await OpenAsync();
        var run = RunId.New();
        await storage.CommitAsync(
            TestData.Submitted(run, notify: new Uri(hook.Address, "hook")), TestData.Reports(TestData.Failed(run, 3, error: "out of memory")),
            TestData.Changed(run, 2, RunState.Failed, new ChunkCounts(10, 0, 0, 0, 9, 1, 0), TestData.Chunk(3, ChunkState.Failed, 2)));

        Assert.False(await storage.Notifier.FlushAsync(Cancellation));
        hook.Answer = HttpStatusCode.NoContent;
        Assert.False(await storage.Notifier.FlushAsync(Cancellation));
        Assert.Equal(2, hook.Caught.Count);
        storage.Time.Now += TimeSpan.FromSeconds(11);
        Assert.True(await storage.Notifier.FlushAsync(Cancellation));
        storage.Time.Now += TimeSpan.FromHours(2);
        Assert.True(await storage.Notifier.FlushAsync(Cancellation));

        var sent = hook.Caught.Skip(2).Select(request => JsonDocument.Parse(request.Text).RootElement).ToDictionary(notification => notification.GetProperty("event").GetString()!);
        Assert.Equal(["ended", "failures"], sent.Keys.Order());
        Assert.Equal(("digits", "failed", "digits: failed"), (
            sent["ended"].GetProperty("name").GetString(), sent["ended"].GetProperty("state").GetString(), sent["ended"].GetProperty("title").GetString()));
        Assert.Contains("Chunk 3 on ada: out of memory", sent["failures"].GetProperty("text").GetString(), StringComparison.Ordinal);
    }

    [Theory(Timeout = 30_000)]
    [InlineData(1)]
    [InlineData(3)]
    public async Task A_database_of_an_earlier_version_is_read_and_continued(int version)
    {
        await using var storage = await OpenOldAsync((version == 1 ? OldSchema.Version1 : OldSchema.Version3) + OldSchema.Rows);
        var run = RunId.Parse("aaaaaaaaa1");

        var failed = (await storage.Queries.ChunkAsync(run, 1, Cancellation))!;
        await storage.CommitAsync(
            TestData.Changed(run, 6, RunState.Failed, new ChunkCounts(2, 0, 0, 0, 1, 1, 0), TestData.Chunk(0, ChunkState.Succeeded, 6)),
            TestData.Reports(TestData.Succeeded(run, 0, result: "1")));

        Assert.Equal(("ada", 3, "exit code 3"), (failed.LastAttempt!.Host, failed.LastAttempt.ExitCode, failed.LastAttempt.Error));
        var view = (await storage.Queries.ShowAsync(run, Cancellation))!;
        Assert.Equal(("old", RunState.Failed, 1), (view.Name, view.State, view.Chunks.Succeeded));
        Assert.Single(await ResultsAsync(storage, run));
        await using var connection = await storage.Database.OpenAsync(Cancellation);
        Assert.Equal([1, 2, 3, 4, 5], await connection.ListAsync("SELECT version FROM schema_version ORDER BY version", reader => reader.GetInt64(0), Cancellation));
    }

    private protected abstract Task<TestStorage> OpenAsync();

    /// <summary>Opens a database that the statements of an earlier version made, in SQLite's words.</summary>
    private protected abstract Task<TestStorage> OpenOldAsync(string sql);

    private static async Task<List<RunResult>> ResultsAsync(TestStorage storage, RunId run)
    {
        var results = new List<RunResult>();
        await foreach (var result in storage.Queries.ResultsAsync(run, Cancellation))
            results.Add(result);
        return results;
    }
}
