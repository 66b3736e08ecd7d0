using System.Net;
using System.Text.Json;
using DistributedBatch.Contracts.Api;
using DistributedBatch.Contracts.Chunks;
using DistributedBatch.Contracts.Runs;
using DistributedBatch.TestKit.Network;
using DistributedBatch.Tracker.Queries;

namespace DistributedBatch.Tracker.Tests.Storage;

/// <summary>What every database must do with what the tracker hears; run for SQLite and for PostgreSQL.</summary>
public abstract class TrackerStoreConformance
{
    private static readonly ChunkCounts Ten = new(10, 8, 1, 1, 0, 0, 0);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private protected abstract Task<StorageBench> OpenAsync();

    [Fact(Timeout = 30_000)]
    public async Task A_submitted_run_is_shown_with_what_was_asked_for()
    {
        await using var bench = await OpenAsync();
        var run = RunId.New();

        await bench.CommitAsync(Say.Submitted(run), Say.Changed(run, 1, RunState.Running, Ten));

        var view = (await bench.Queries.ShowAsync(run, Cancellation))!;
        Assert.Equal("digits", view.Name);
        Assert.Equal(["python", "attack.py"], view.Command);
        Assert.Equal(Ten, view.Chunks);
        Assert.Equal(100, view.Total);
        Assert.Equal(Say.Noon, view.SubmittedAt);
        Assert.EndsWith($"runs/{run}/out", view.OutputDirectory, StringComparison.Ordinal);
    }

    [Fact(Timeout = 30_000)]
    public async Task A_change_heard_before_its_submission_is_kept()
    {
        await using var bench = await OpenAsync();
        var run = RunId.New();

        await bench.CommitAsync(Say.Changed(run, 5, RunState.Paused, Ten));
        await bench.CommitAsync(Say.Submitted(run, name: "late"));

        var view = (await bench.Queries.ShowAsync(run, Cancellation))!;
        Assert.Equal(("late", RunState.Paused), (view.Name, view.State));
    }

    [Fact(Timeout = 30_000)]
    public async Task An_older_revision_changes_neither_run_nor_chunk()
    {
        await using var bench = await OpenAsync();
        var run = RunId.New();
        var done = new ChunkCounts(10, 0, 0, 0, 10, 0, 0);

        await bench.CommitAsync(Say.Submitted(run), Say.Changed(run, 9, RunState.Succeeded, done, Say.Chunk(0, ChunkState.Succeeded, 9)));
        await bench.CommitAsync(Say.Changed(run, 3, RunState.Running, Ten, Say.Chunk(0, ChunkState.Running, 3)));

        Assert.Equal(RunState.Succeeded, (await bench.Queries.ShowAsync(run, Cancellation))!.State);
        Assert.Equal(ChunkState.Succeeded, (await bench.Queries.ChunkAsync(run, 0, Cancellation))!.State);
        Assert.Equal(1, (await bench.Queries.StripAsync(run, cancellation: Cancellation))!.Counts[(int)ChunkState.Succeeded]);
    }

    [Fact(Timeout = 30_000)]
    public async Task A_report_that_comes_twice_counts_once()
    {
        await using var bench = await OpenAsync();
        var run = RunId.New();
        var reports = Say.Reports(Say.Succeeded(run, 0), Say.Failed(run, 1));

        await bench.CommitAsync(Say.Submitted(run), Say.Heartbeat("ada", Say.Noon), reports);
        await bench.CommitAsync(reports);
        await bench.CommitAsync(reports, reports);

        var host = Assert.Single(await bench.Queries.HostsAsync(Cancellation));
        Assert.Equal((1, 1), (host.Succeeded, host.Failed));
        var timeline = (await bench.Queries.TimelineAsync(run, cancellation: Cancellation))!;
        Assert.Equal((1, 1, 10), (timeline.Sum(at => at.Succeeded), timeline.Sum(at => at.Failed), timeline.Sum(at => at.Items)));
    }

    [Theory(Timeout = 30_000)]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_second_success_of_a_chunk_is_kept_as_a_duplicate_and_counts_nowhere(bool inOneBatch)
    {
        await using var bench = await OpenAsync();
        var run = RunId.New();
        await bench.CommitAsync(Say.Submitted(run), Say.Heartbeat("ada", Say.Noon), Say.Changed(run, 1, RunState.Running, Ten));
        var first = Say.Reports(Say.Succeeded(run, 0, attempt: 2, result: "\"first\""));
        var second = Say.Reports(Say.Succeeded(run, 0, attempt: 1, result: "\"second\""));

        if (inOneBatch)
        {
            await bench.CommitAsync(first, second);
        }
        else
        {
            await bench.CommitAsync(first);
            await bench.CommitAsync(second);
        }

        var attempts = await bench.Queries.AttemptsAsync(run, 0, Cancellation);
        Assert.Equal([true, false], attempts.Select(attempt => attempt.Duplicate));
        Assert.Equal("first", Assert.Single(await ResultsAsync(bench, run)).Result.GetString());
        Assert.Equal(1, Assert.Single(await bench.Queries.HostsAsync(Cancellation)).Succeeded);
        Assert.Equal(10, (await bench.Queries.TimelineAsync(run, cancellation: Cancellation))!.Sum(at => at.Items));
    }

    [Fact(Timeout = 30_000)]
    public async Task The_end_of_an_attempt_replaces_its_start_and_never_the_other_way_round()
    {
        await using var bench = await OpenAsync();
        var run = RunId.New();

        await bench.CommitAsync(Say.Submitted(run), Say.Reports(Say.Started(run, 0)));
        Assert.Null(Assert.Single(await bench.Queries.AttemptsAsync(run, 0, Cancellation)).Outcome);
        await bench.CommitAsync(Say.Reports(Say.Failed(run, 0)));
        await bench.CommitAsync(Say.Reports(Say.Started(run, 0)));

        var attempt = Assert.Single(await bench.Queries.AttemptsAsync(run, 0, Cancellation));
        Assert.Equal((AttemptOutcome.ExitCode, 3, "exit code 3", "Traceback"), (attempt.Outcome, attempt.ExitCode, attempt.Error, attempt.StderrTail));
    }

    [Fact(Timeout = 30_000)]
    public async Task A_chunk_shows_the_attempt_that_succeeded_even_when_a_later_one_failed()
    {
        await using var bench = await OpenAsync();
        var run = RunId.New();

        await bench.CommitAsync(
            Say.Submitted(run),
            Say.Changed(run, 2, RunState.Running, Ten, Say.Chunk(3, ChunkState.Succeeded, 2, attempts: 2)),
            Say.Reports(Say.Succeeded(run, 3, attempt: 1), Say.Failed(run, 3, attempt: 2)));

        Assert.Equal(1, (await bench.Queries.ChunkAsync(run, 3, Cancellation))!.LastAttempt!.Attempt);
    }

    [Fact(Timeout = 30_000)]
    public async Task Programs_may_write_what_no_database_stores()
    {
        await using var bench = await OpenAsync();
        var run = RunId.New();

        await bench.CommitAsync(Say.Submitted(run), Say.Reports(Say.Failed(run, 0, error: "nul \0 in it", stderr: "half a pair \ud83d and 😀")));

        var attempt = Assert.Single(await bench.Queries.AttemptsAsync(run, 0, Cancellation));
        Assert.Equal(("nul \ufffd in it", "half a pair \ufffd and 😀"), (attempt.Error, attempt.StderrTail));
    }

    [Fact(Timeout = 30_000)]
    public async Task Runs_are_listed_newest_first_page_by_page_and_by_state()
    {
        await using var bench = await OpenAsync();
        var runs = Enumerable.Range(0, 5).Select(_ => RunId.New()).ToList();
        foreach (var run in runs)
            await bench.CommitAsync(Say.Submitted(run), Say.Changed(run, 1, run == runs[1] ? RunState.Paused : RunState.Running, Ten));

        var first = await bench.Queries.ListAsync(limit: 2, cancellation: Cancellation);
        var second = await bench.Queries.ListAsync(limit: 2, after: first.Next, cancellation: Cancellation);
        var third = await bench.Queries.ListAsync(limit: 2, after: second.Next, cancellation: Cancellation);
        var paused = await bench.Queries.ListAsync(RunState.Paused, cancellation: Cancellation);

        Assert.Equal(runs.AsEnumerable().Reverse(), first.Items.Concat(second.Items).Concat(third.Items).Select(view => view.Run));
        Assert.Null(third.Next);
        Assert.Equal(runs[1], Assert.Single(paused.Items).Run);
    }

    [Fact(Timeout = 30_000)]
    public async Task A_run_is_found_by_id_prefix_name_or_as_the_last()
    {
        await using var bench = await OpenAsync();
        RunId[] runs = [RunId.Parse("aaaaaaaaa1"), RunId.Parse("aaaaaaaaa2"), RunId.Parse("bbbbbbbbb1")];
        await bench.CommitAsync(Say.Submitted(runs[0], "digits"));
        await bench.CommitAsync(Say.Submitted(runs[1], "digits"));
        await bench.CommitAsync(Say.Submitted(runs[2], "letters"));

        Assert.Equal(new RunSelector.Found(runs[0]), await bench.Queries.FindAsync("aaaaaaaaa1", Cancellation));
        Assert.Equal(new RunSelector.Found(runs[1]), await bench.Queries.FindAsync("digits", Cancellation));
        Assert.Equal(new RunSelector.Found(runs[2]), await bench.Queries.FindAsync("b", Cancellation));
        Assert.Equal(new RunSelector.Found(runs[2]), await bench.Queries.FindAsync("last", Cancellation));
        var ambiguous = Assert.IsType<RunSelector.Ambiguous>(await bench.Queries.FindAsync("aaa", Cancellation));
        Assert.Equal([runs[1], runs[0]], ambiguous.Candidates);
        Assert.IsType<RunSelector.None>(await bench.Queries.FindAsync("zebra", Cancellation));
    }

    [Fact(Timeout = 30_000)]
    public async Task Chunks_are_filtered_by_state_across_blocks_and_pages()
    {
        await using var bench = await OpenAsync();
        var run = RunId.New();
        int[] failed = [0, 4095, 4096, 9000, 12_000];
        await bench.CommitAsync(
            Say.Submitted(run, total: 130_000),
            Say.Changed(run, 1, RunState.Running, new ChunkCounts(13_000, 12_995, 0, 0, 0, 5, 0), [.. failed.Select(index => Say.Chunk(index, ChunkState.Failed, 1))]));

        var first = (await bench.Queries.FailuresAsync(run, 3, cancellation: Cancellation))!;
        var second = (await bench.Queries.FailuresAsync(run, 3, first.Next, Cancellation))!;
        var pending = (await bench.Queries.ChunksAsync(run, new ChunkFilter { State = ChunkState.Pending }, 3, "8998", Cancellation))!;

        Assert.Equal(failed, first.Items.Concat(second.Items).Select(chunk => chunk.Index));
        Assert.Null(second.Next);
        Assert.Equal([8999, 9001, 9002], pending.Items.Select(chunk => chunk.Index));
        Assert.Equal(90_010, pending.Items[1].Start);
    }

    [Fact(Timeout = 30_000)]
    public async Task Chunks_are_filtered_by_host_duration_and_error_together()
    {
        await using var bench = await OpenAsync();
        var run = RunId.New();
        await bench.CommitAsync(
            Say.Submitted(run),
            Say.Changed(run, 1, RunState.Running, Ten, [.. Enumerable.Range(0, 5).Select(index => Say.Chunk(index, ChunkState.Succeeded, 1))]),
            Say.Reports(
                Say.Failed(run, 0, error: "CUDA out of memory", host: "bob"), Say.Succeeded(run, 0, attempt: 2, host: "ada", seconds: 30),
                Say.Succeeded(run, 1, seconds: 40), Say.Succeeded(run, 2, host: "bob"), Say.Failed(run, 3, stderr: "100% cuda_error"), Say.Failed(run, 4)));

        async Task<IEnumerable<int>> With(ChunkFilter filter) =>
            (await bench.Queries.ChunksAsync(run, filter, cancellation: Cancellation))!.Items.Select(chunk => chunk.Index);

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
        await using var bench = await OpenAsync();
        var run = RunId.New();
        await bench.CommitAsync(
            Say.Submitted(run, total: 100_000),
            Say.Changed(run, 1, RunState.Running, new ChunkCounts(10_000, 9_998, 0, 1, 0, 1, 0), Say.Chunk(5000, ChunkState.Failed, 1), Say.Chunk(9999, ChunkState.Running, 1)));

        var strip = (await bench.Queries.StripAsync(run, 100, Cancellation))!;

        Assert.Equal((10_000, 100, 600), (strip.Total, strip.ChunksPerBucket, strip.Counts.Count));
        Assert.Equal(10_000, strip.Counts.Sum());
        Assert.Equal([99, 0, 0, 0, 1, 0], strip.Counts.Skip(50 * 6).Take(6));
        Assert.Equal([99, 0, 1, 0, 0, 0], strip.Counts.TakeLast(6));
    }

    [Fact(Timeout = 30_000)]
    public async Task Quantiles_are_right_to_within_a_twentieth()
    {
        await using var bench = await OpenAsync();
        var run = RunId.New();
        await bench.CommitAsync(
            Say.Submitted(run), Say.Reports([.. Enumerable.Range(1, 100).Select(index => Say.Succeeded(run, index, seconds: index))]));

        var view = (await bench.Queries.ShowAsync(run, Cancellation))!;

        Assert.InRange(view.MedianSeconds!.Value, 47.5, 52.5);
        Assert.InRange(view.P95Seconds!.Value, 90, 100);
    }

    [Fact(Timeout = 30_000)]
    public async Task The_slowest_attempts_come_first()
    {
        await using var bench = await OpenAsync();
        var run = RunId.New();
        await bench.CommitAsync(
            Say.Submitted(run), Say.Reports([.. Enumerable.Range(0, 20).Select(index => Say.Succeeded(run, index, seconds: (index * 7) % 20))]));

        var slowest = await bench.Queries.SlowestAsync(run, 3, Cancellation);

        Assert.Equal([19.0, 18.0, 17.0], slowest.Select(attempt => attempt.Seconds));
    }

    [Fact(Timeout = 30_000)]
    public async Task Results_come_in_the_order_of_their_chunks_and_text_that_is_no_JSON_as_text()
    {
        await using var bench = await OpenAsync();
        var run = RunId.New();
        await bench.CommitAsync(
            Say.Submitted(run),
            Say.Reports(Say.Succeeded(run, 11, result: "{\"loss\": 0.5}"), Say.Succeeded(run, 2, result: "not json"), Say.Succeeded(run, 7)));

        var results = await ResultsAsync(bench, run);

        Assert.Equal([2, 11], results.Select(result => result.Index));
        Assert.Equal("not json", results[0].Result.GetString());
        Assert.Equal(0.5, results[1].Result.GetProperty("loss").GetDouble());
    }

    [Fact(Timeout = 30_000)]
    public async Task A_host_that_is_silent_for_long_or_said_goodbye_is_not_alive()
    {
        await using var bench = await OpenAsync();
        await bench.CommitAsync(Say.Heartbeat("ada", Say.Noon), Say.Heartbeat("bob", Say.Noon) with { Stopping = true });
        Assert.Equal([true, false], (await bench.Queries.HostsAsync(Cancellation)).Select(host => host.Alive));

        bench.Time.Now += TimeSpan.FromSeconds(31);

        Assert.Equal([false, false], (await bench.Queries.HostsAsync(Cancellation)).Select(host => host.Alive));
    }

    [Fact(Timeout = 30_000)]
    public async Task An_attempt_that_never_reported_its_end_is_shown_as_lost_once_its_chunk_moved_on()
    {
        await using var bench = await OpenAsync();
        var run = RunId.New();
        await bench.CommitAsync(
            Say.Submitted(run), Say.Reports(Say.Started(run, 0)), Say.Changed(run, 1, RunState.Running, Ten, Say.Chunk(0, ChunkState.Running, 1)));
        Assert.Null(Assert.Single(await bench.Queries.AttemptsAsync(run, 0, Cancellation)).Outcome);

        await bench.CommitAsync(
            Say.Reports(Say.Succeeded(run, 0, attempt: 2)), Say.Changed(run, 2, RunState.Running, Ten, Say.Chunk(0, ChunkState.Succeeded, 2, attempts: 2)));

        Assert.Equal(
            [AttemptOutcome.HostLost, AttemptOutcome.Succeeded],
            (await bench.Queries.AttemptsAsync(run, 0, Cancellation)).Select(attempt => attempt.Outcome!.Value));
    }

    [Fact(Timeout = 30_000)]
    public async Task A_forgotten_run_is_gone_with_all_it_left_and_no_late_word_brings_it_back()
    {
        await using var bench = await OpenAsync();
        var (old, kept) = (RunId.New(), RunId.New());
        foreach (var run in new[] { old, kept })
        {
            await bench.CommitAsync(
                Say.Submitted(run), Say.Reports(Say.Succeeded(run, 0, result: "1"), Say.Failed(run, 1)),
                Say.Changed(run, 1, RunState.Failed, new ChunkCounts(2, 0, 0, 0, 1, 1, 0), Say.Chunk(0, ChunkState.Succeeded, 1), Say.Chunk(1, ChunkState.Failed, 1)));
        }

        var log = Directory.CreateDirectory(Path.Combine(bench.Database.DataDirectory, "runs", old.Value, "logs"));
        await bench.ForgetAsync(old);
        await bench.Remover.CleanAsync(Cancellation);
        await bench.CommitAsync(Say.Reports(Say.Succeeded(old, 1, attempt: 2)), Say.Changed(old, 2, RunState.Succeeded, new ChunkCounts(2, 0, 0, 0, 2, 0, 0)));

        Assert.Equal(kept, Assert.Single((await bench.Queries.ListAsync(cancellation: Cancellation)).Items).Run);
        Assert.Null(await bench.Queries.ShowAsync(old, Cancellation));
        Assert.IsType<RunSelector.None>(await bench.Queries.FindAsync(old.Value, Cancellation));
        Assert.Empty(await bench.Queries.AttemptsAsync(old, 0, Cancellation));
        Assert.Empty(await ResultsAsync(bench, old));
        Assert.False(log.Exists && Directory.Exists(log.FullName));
        Assert.Equal((1, 2), ((await ResultsAsync(bench, kept)).Count, (await bench.Queries.SlowestAsync(kept, cancellation: Cancellation)).Count));
    }

    [Fact(Timeout = 30_000)]
    public async Task A_run_that_goes_on_cannot_be_forgotten()
    {
        await using var bench = await OpenAsync();
        var run = RunId.New();
        await bench.CommitAsync(Say.Submitted(run), Say.Changed(run, 1, RunState.Running, Ten));

        await bench.ForgetAsync(run);
        await bench.Remover.CleanAsync(Cancellation);

        Assert.NotNull(await bench.Queries.ShowAsync(run, Cancellation));
    }

    [Fact(Timeout = 60_000)]
    public async Task Whoever_wants_to_be_told_is_told_once_and_again_when_nobody_listened()
    {
        using var hook = new HttpCatcher { Answer = HttpStatusCode.ServiceUnavailable };
        await using var bench = await OpenAsync();
        var run = RunId.New();
        await bench.CommitAsync(
            Say.Submitted(run, notify: new Uri(hook.Address, "hook")), Say.Reports(Say.Failed(run, 3, error: "out of memory")),
            Say.Changed(run, 2, RunState.Failed, new ChunkCounts(10, 0, 0, 0, 9, 1, 0), Say.Chunk(3, ChunkState.Failed, 2)));

        Assert.False(await bench.Notifier.FlushAsync(Cancellation));
        hook.Answer = HttpStatusCode.NoContent;
        Assert.False(await bench.Notifier.FlushAsync(Cancellation));
        Assert.Equal(2, hook.Caught.Count);
        bench.Time.Now += TimeSpan.FromSeconds(11);
        Assert.True(await bench.Notifier.FlushAsync(Cancellation));
        bench.Time.Now += TimeSpan.FromHours(2);
        Assert.True(await bench.Notifier.FlushAsync(Cancellation));

        var told = hook.Caught.Skip(2).Select(request => JsonDocument.Parse(request.Text).RootElement).ToDictionary(notice => notice.GetProperty("event").GetString()!);
        Assert.Equal(["ended", "failures"], told.Keys.Order());
        Assert.Equal(("digits", "failed", "digits: failed"), (
            told["ended"].GetProperty("name").GetString(), told["ended"].GetProperty("state").GetString(), told["ended"].GetProperty("title").GetString()));
        Assert.Contains("Chunk 3 on ada: out of memory", told["failures"].GetProperty("text").GetString(), StringComparison.Ordinal);
    }

    private static async Task<List<RunResult>> ResultsAsync(StorageBench bench, RunId run)
    {
        var results = new List<RunResult>();
        await foreach (var result in bench.Queries.ResultsAsync(run, Cancellation))
            results.Add(result);
        return results;
    }
}
