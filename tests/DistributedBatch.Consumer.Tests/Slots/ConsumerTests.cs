using DistributedBatch.Consumer.Attempts;
using DistributedBatch.Consumer.Slots;
using DistributedBatch.TestKit.Processes;
using DistributedBatch.TestKit.Waiting;

namespace DistributedBatch.Consumer.Tests.Slots;

/// <summary>A consumer as producer and tracker see it: run and host control, stopping, leases, heartbeats, logs.</summary>
public class ConsumerTests
{
    private static readonly JobSpec True = new() { Command = ["true"] };

    private static JobSpec Shell(string script, params string[] arguments) =>
        new() { Command = ["/bin/sh", "-c", script, "sh", .. arguments], Grace = TimeSpan.FromSeconds(5) };

    private static Func<RunChunk, RunChunk> LostWith(int hosts) => chunk => chunk with { LostHosts = hosts, CrashLimit = 5 - hosts };

    [Fact(Timeout = 60_000)]
    public async Task The_attempt_of_a_cancelled_run_is_stopped_and_its_waiting_chunk_is_not_run()
    {
        var test = TestContext.Current.CancellationToken;
        await using var harness = await ConsumerHarness.StartAsync(test, options => options.Slots = 1);
        await harness.PublishAsync(Shell("echo $$ > \"$1\"; sleep 600", harness.Directory["pid"]), index: 0);
        await harness.PublishAsync(Shell("touch \"$1\"", harness.Directory["ran"]), index: 1);
        Assert.Null((await harness.ReportedAsync()).Outcome);
        var process = await PidAsync(harness.Directory["pid"], test);

        await harness.Bus.PublishAsync(new RunControlMessage(harness.Run, RunState.Cancelled, 5), test);
        Assert.Equal((0, AttemptOutcome.Cancelled), Of(await harness.EndedAsync()));
        Assert.Equal((1, AttemptOutcome.Cancelled), Of(await harness.EndedAsync()));
        Assert.False(File.Exists(harness.Directory["ran"]));
        Assert.False(ProcessKiller.IsAlive(process));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_paused_run_finishes_what_runs_and_hands_back_the_rest_until_it_is_resumed()
    {
        var test = TestContext.Current.CancellationToken;
        await using var harness = await ConsumerHarness.StartAsync(test, options => options.Slots = 1);
        await harness.PublishAsync(Shell("while [ ! -e \"$1\" ]; do sleep 0.01; done", harness.Directory["go"]), index: 0);
        await harness.PublishAsync(True, index: 1);
        Assert.Null((await harness.ReportedAsync()).Outcome);
        await harness.Bus.PublishAsync(new RunControlMessage(harness.Run, RunState.Paused, 5), test);
        await Eventually.HoldsAsync("the pause was handled", () => harness.HasHandled(RunState.Paused), test);
        harness.Directory.Write("go", "");
        Assert.Equal((0, AttemptOutcome.Succeeded), Of(await harness.EndedAsync()));
        Assert.Equal((1, AttemptOutcome.Released), Of(await harness.EndedAsync()));

        // A late message from before the pause changes nothing; a newer one does.
        await harness.Bus.PublishAsync(new RunControlMessage(harness.Run, RunState.Running, 4), test);
        await harness.Bus.PublishAsync(new RunControlMessage(harness.Run, RunState.Running, 6), test);
        await Eventually.HoldsAsync("the run goes on", () => harness.HasHandled(RunState.Running), test);
        await harness.PublishAsync(True, index: 1);
        Assert.Equal((1, AttemptOutcome.Succeeded), Of(await harness.EndedAsync()));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_chunk_of_a_new_run_goes_back_when_its_slot_was_only_open_for_the_run_before()
    {
        var test = TestContext.Current.CancellationToken;
        await using var harness = await ConsumerHarness.StartAsync(test, options => options.Slots = 1);
        var slots = harness.Get<HostSlots>().CpuSlots;
        var began = 0;
        harness.Get<RunningAttempts>().RunBegan += () =>
        {
            began++;
            slots.Resize(0);
        };
        Assert.Equal(AttemptOutcome.Succeeded, (await harness.RunAsync(True)).Outcome);
        Assert.Equal(AttemptOutcome.Succeeded, (await harness.RunAsync(True)).Outcome);
        Assert.Equal(0, began);

        var next = RunId.New();
        var report = await harness.RunAsync(Shell("touch \"$1\"", harness.Directory["ran"]), chunk => chunk with { Run = next });

        Assert.Equal((next, AttemptOutcome.Released, 1), (report.Run, report.Outcome, began));
        Assert.False(File.Exists(harness.Directory["ran"]));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_stopping_consumer_lets_attempts_finish_and_takes_no_new_chunk()
    {
        var test = TestContext.Current.CancellationToken;
        await using var harness = await ConsumerHarness.StartAsync(test, options => options.Slots = 1);
        await harness.PublishAsync(Shell("while [ ! -e \"$1\" ]; do sleep 0.01; done", harness.Directory["go"]), index: 0);
        await harness.PublishAsync(Shell("touch \"$1\"", harness.Directory["ran"]), index: 1);
        Assert.Null((await harness.ReportedAsync()).Outcome);
        var drained = harness.Consumer.DrainAsync(test);
        Assert.False(drained.IsCompleted);
        harness.Directory.Write("go", "");
        await drained;
        Assert.Equal((0, AttemptOutcome.Succeeded), Of(await harness.EndedAsync()));
        Assert.False(File.Exists(harness.Directory["ran"]));
    }

    [Fact(Timeout = 60_000)]
    public async Task Attempts_that_do_not_finish_within_the_drain_are_stopped_and_released()
    {
        var test = TestContext.Current.CancellationToken;
        await using var harness = await ConsumerHarness.StartAsync(test, options => options.Drain = TimeSpan.FromMilliseconds(50));
        await harness.PublishAsync(Shell("sleep 600"));
        Assert.Null((await harness.ReportedAsync()).Outcome);
        await harness.Consumer.DrainAsync(test);
        var report = await harness.EndedAsync();
        Assert.Equal(AttemptOutcome.Released, report.Outcome);
        Assert.Contains("stopped before the chunk was done", report.Error, StringComparison.Ordinal);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_kill_during_the_drain_releases_at_once()
    {
        var test = TestContext.Current.CancellationToken;
        await using var harness = await ConsumerHarness.StartAsync(test, options => options.Drain = TimeSpan.FromMinutes(10));
        await harness.PublishAsync(Shell("sleep 600"));
        Assert.Null((await harness.ReportedAsync()).Outcome);
        var drained = harness.Consumer.DrainAsync(test);
        harness.Consumer.Kill();
        await drained;
        Assert.Equal(AttemptOutcome.Released, (await harness.EndedAsync()).Outcome);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_host_that_the_producer_holds_says_why_and_takes_chunks_again_after_the_hold()
    {
        var test = TestContext.Current.CancellationToken;
        await using var harness = await ConsumerHarness.StartAsync(test, options => options.Heartbeat = TimeSpan.FromMilliseconds(50));
        await harness.Bus.PublishAsync(new HostControlMessage("somebody else", "not us", TimeSpan.FromHours(1)), test);
        await harness.Bus.PublishAsync(new HostControlMessage("box", "chunks fail here", TimeSpan.FromHours(1)), test);
        await OnHoldAsync(harness, "chunks fail here");
        await harness.PublishAsync(Shell("touch \"$1\"", harness.Directory["ran"]));
        await harness.Bus.PublishAsync(new HostControlMessage("box", "chunks fail here still", TimeSpan.FromHours(1)), test);
        await OnHoldAsync(harness, "chunks fail here still");
        Assert.False(File.Exists(harness.Directory["ran"]));
        await harness.Bus.PublishAsync(new HostControlMessage("box", null, null), test);

        Assert.Equal(AttemptOutcome.Succeeded, (await harness.EndedAsync()).Outcome);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_chunk_on_its_last_chance_waits_for_the_other_attempts_and_runs_alone()
    {
        var test = TestContext.Current.CancellationToken;
        await using var harness = await ConsumerHarness.StartAsync(test, options => options.Heartbeat = TimeSpan.FromMilliseconds(50));
        var untilGo = "touch \"$1\"; while [ ! -e \"$2\" ]; do sleep 0.01; done";
        await harness.PublishAsync(Shell(untilGo, harness.Directory["first"], harness.Directory["go1"]), index: 0);
        await Eventually.HoldsAsync("the first chunk runs", () => File.Exists(harness.Directory["first"]), test);
        await harness.PublishAsync(Shell(untilGo, harness.Directory["alone"], harness.Directory["go2"]), index: 1, LostWith(4));
        await OnHoldAsync(harness, $"chunk 1 of run {harness.Run} runs alone, because it was lost with 4 hosts and may be what kills them");
        await harness.PublishAsync(Shell("touch \"$1\"", harness.Directory["after"]), index: 2);
        Assert.False(File.Exists(harness.Directory["alone"]));

        harness.Directory.Write("go1", "");
        Assert.Equal((0, AttemptOutcome.Succeeded), Of(await harness.EndedAsync()));
        await Eventually.HoldsAsync("the chunk runs alone", () => File.Exists(harness.Directory["alone"]), test);
        Assert.False(File.Exists(harness.Directory["after"]));

        harness.Directory.Write("go2", "");
        Assert.Equal((1, AttemptOutcome.Succeeded), Of(await harness.EndedAsync()));
        Assert.Equal((2, AttemptOutcome.Succeeded), Of(await harness.EndedAsync()));
        await OnHoldAsync(harness, reason: null);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_chunk_that_was_dispatched_after_the_cancel_runs_although_the_host_heard_only_of_the_cancel()
    {
        var test = TestContext.Current.CancellationToken;
        await using var harness = await ConsumerHarness.StartAsync(test);
        await harness.Bus.PublishAsync(new RunControlMessage(harness.Run, RunState.Cancelled, 5), test);
        await Eventually.HoldsAsync("the host knows of the cancel", () => harness.HasHandled(RunState.Cancelled), test);

        var before = await harness.RunAsync(Shell("true"), chunk => chunk with { Revision = 4 });
        var after = await harness.RunAsync(Shell("true"), chunk => chunk with { Revision = 5, Attempt = 2 });

        Assert.Equal((AttemptOutcome.Cancelled, AttemptOutcome.Succeeded), (before.Outcome, after.Outcome));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_copy_of_a_settled_chunk_is_stopped_and_the_other_attempts_of_its_run_go_on()
    {
        var test = TestContext.Current.CancellationToken;
        await using var harness = await ConsumerHarness.StartAsync(test);
        await harness.PublishAsync(Shell("sleep 600"), index: 0);
        await harness.PublishAsync(Shell("while [ ! -e \"$1\" ]; do sleep 0.01; done", harness.Directory["go"]), index: 1);
        await Eventually.HoldsAsync("both run", () => harness.Consumer.Running == 2, test);

        await harness.Bus.PublishAsync(new RunControlMessage(harness.Run, RunState.Running, 5) { SettledChunks = [0] }, test);

        Assert.Equal((0, AttemptOutcome.Cancelled), Of(await harness.EndedAsync()));
        harness.Directory.Write("go", "");
        Assert.Equal((1, AttemptOutcome.Succeeded), Of(await harness.EndedAsync()));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_heartbeat_that_the_producer_wants_is_sent_at_once()
    {
        var test = TestContext.Current.CancellationToken;
        await using var harness = await ConsumerHarness.StartAsync(test, options => options.Heartbeat = TimeSpan.FromHours(1));
        await harness.PublishAsync(Shell("sleep 600"), index: 3);
        await Eventually.HoldsAsync("it runs", () => harness.Consumer.Running == 1, test);

        await harness.Bus.PublishAsync(new RunControlMessage(harness.Run, RunState.Running, 5) { WantsHeartbeats = true }, test);

        await foreach (var beat in harness.Heartbeats.ReadAllAsync(test))
        {
            if (beat.Running is [{ Index: 3 }])
                break;
        }
    }

    [Fact(Timeout = 60_000)]
    public async Task A_long_attempt_becomes_a_lease_and_reports_as_usual()
    {
        var test = TestContext.Current.CancellationToken;
        await using var harness = await ConsumerHarness.StartAsync(test, options => options.AckTimeout = TimeSpan.FromMilliseconds(300));
        await harness.PublishAsync(Shell("while [ ! -e \"$1\" ]; do sleep 0.01; done", harness.Directory["go"]), index: 7);
        var lease = await harness.Leases.ReadAsync(test);
        Assert.Equal((harness.Run, 7, 1, "box"), (lease.Run, lease.Index, lease.Attempt, lease.Host));
        await foreach (var beat in harness.Heartbeats.ReadAllAsync(test))
        {
            if (beat.Running is [{ Index: 7, Leased: true }])
                break;
        }

        harness.Directory.Write("go", "");
        Assert.Equal((7, AttemptOutcome.Succeeded), Of(await harness.EndedAsync()));
    }

    [Fact(Timeout = 60_000)]
    public async Task The_last_heartbeat_says_that_the_host_leaves()
    {
        var test = TestContext.Current.CancellationToken;
        await using var harness = await ConsumerHarness.StartAsync(test);
        var first = await harness.Heartbeats.ReadAsync(test);
        Assert.Equal("box", first.Host.Name);
        Assert.True(first.Host is { Cores: > 0, MemoryBytes: > 0, MemoryAvailableBytes: > 0 });
        await harness.Consumer.StopAsync(test);
        await foreach (var beat in harness.Heartbeats.ReadAllAsync(test))
        {
            if (beat.Stopping)
                return;
        }
    }

    [Fact(Timeout = 60_000)]
    public async Task An_idle_consumer_ends_after_its_idle_limit()
    {
        var test = TestContext.Current.CancellationToken;
        await using var harness = await ConsumerHarness.StartAsync(test, options => options.IdleExit = TimeSpan.FromMilliseconds(200));
        await harness.RunAsync(True);
        await Task.Delay(Timeout.Infinite, harness.Stopped).ContinueWith(_ => { }, test, TaskContinuationOptions.None, TaskScheduler.Default);
        Assert.True(harness.Stopped.IsCancellationRequested);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_flood_on_stdout_does_not_fill_the_disk_and_keeps_both_ends()
    {
        var test = TestContext.Current.CancellationToken;
        await using var harness = await ConsumerHarness.StartAsync(test);
        await harness.PublishAsync(Shell("echo first line; yes 0123456789abcdef | head -c 1000000000; echo; echo last line; echo $$ > \"$1\"; while [ ! -e \"$2\" ]; do sleep 0.01; done", harness.Directory["pid"], harness.Directory["go"]));
        await PidAsync(harness.Directory["pid"], test);
        var scratch = Directory.GetFiles(harness.Directory["slots"], "stdout", SearchOption.AllDirectories);
        await Eventually.HoldsAsync("the middle was given back", () => scratch.Sum(AllocatedBytes) < 8 << 20, test);
        harness.Directory.Write("go", "");
        var report = await harness.EndedAsync();
        Assert.Equal(AttemptOutcome.Succeeded, report.Outcome);
        Assert.InRange(report.StdoutBytes, 1_000_000_000, 1_000_000_100);
        var log = await File.ReadAllTextAsync(harness.Log(0, 1, "out"), test);
        Assert.InRange(log.Length, 2 << 20, (2 << 20) + 200);
        Assert.StartsWith("first line\n", log, StringComparison.Ordinal);
        Assert.EndsWith("\nlast line\n", log, StringComparison.Ordinal);
        Assert.Contains("bytes left out here", log, StringComparison.Ordinal);
    }

    [Fact(Timeout = 60_000)]
    public async Task The_end_of_stderr_is_valid_text_whatever_was_written()
    {
        var test = TestContext.Current.CancellationToken;
        await using var harness = await ConsumerHarness.StartAsync(test);
        var report = await harness.RunAsync(Shell("for i in $(seq 3000); do printf 'żż'; done >&2; printf '\\377end' >&2; exit 1"));
        Assert.EndsWith("ż\ufffdend", report.StderrTail, StringComparison.Ordinal);
        Assert.StartsWith("ż", report.StderrTail, StringComparison.Ordinal);
        Assert.InRange(report.StderrTail!.Length, 2000, 4096);
    }

    [Fact(Timeout = 60_000)]
    public async Task Chunks_run_at_once_as_many_as_there_are_slots()
    {
        var test = TestContext.Current.CancellationToken;
        await using var harness = await ConsumerHarness.StartAsync(test, options => options.Slots = 3);
        for (var index = 0; index < 4; index++)
            await harness.PublishAsync(Shell("touch \"$1.$DBATCH_CHUNK\"; while [ ! -e \"$1\" ]; do sleep 0.01; done", harness.Directory["go"]), index);
        await Eventually.HoldsAsync("three run", () => Directory.GetFiles(harness.Directory.Path, "go.*").Length == 3, test);
        Assert.Equal(3, harness.Consumer.Running);
        harness.Directory.Write("go", "");
        for (var index = 0; index < 4; index++)
            Assert.Equal(AttemptOutcome.Succeeded, (await harness.EndedAsync()).Outcome);
    }

    private static async Task OnHoldAsync(ConsumerHarness harness, string? reason)
    {
        await foreach (var beat in harness.Heartbeats.ReadAllAsync(TestContext.Current.CancellationToken))
        {
            if (beat.Host.OnHold == reason)
                return;
        }
    }

    private static (int Index, AttemptOutcome? Outcome) Of(AttemptReport report) => (report.Index, report.Outcome);

    private static async Task<int> PidAsync(string file, CancellationToken test)
    {
        await Eventually.HoldsAsync($"{file} is written", () => File.Exists(file) && File.ReadAllText(file).EndsWith('\n'), test);
        return int.Parse((await File.ReadAllTextAsync(file, test)).Trim(), System.Globalization.CultureInfo.InvariantCulture);
    }

    // By blocks, because a hole counts in the length only.
    private static long AllocatedBytes(string file)
    {
        using var stat = System.Diagnostics.Process.Start(new System.Diagnostics.ProcessStartInfo("stat", ["-c", "%b", file]) { RedirectStandardOutput = true })!;
        return long.Parse(stat.StandardOutput.ReadToEnd(), System.Globalization.CultureInfo.InvariantCulture) * 512;
    }
}
