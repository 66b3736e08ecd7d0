using System.Text.Json;
using DistributedBatch.Contracts.Chunks;
using DistributedBatch.TestKit.Broker;
using DistributedBatch.TestKit.Processes;
using DistributedBatch.TestKit.Waiting;

namespace DistributedBatch.Specs.Lab;

/// <summary>Client commands control runs on hosts.</summary>
[Collection(nameof(LabBroker))]
public sealed class LabControlSpecs(PrivateBroker broker)
{
    [Fact(Timeout = 240_000)]
    public async Task A_run_is_paused_resumed_and_cancelled_where_it_runs()
    {
        const int Chunks = 40;
        var cancellation = TestContext.Current.CancellationToken;
        await using var lab = await TestLab.CreateAsync(broker, cancellation);
        await lab.StartHeadAsync(cancellation);
        lab.StartHost("one");

        // Each chunk waits for a file, so that the test does not depend on the speed of the machine.
        var run = await lab.SubmitAsync(
            Chunks, "sh", "-c", $"echo $DBATCH_START >> {lab.Path("started")}; until [ -e {lab.Path("go")} ]; do sleep 0.05; done; echo item $DBATCH_START");
        await Eventually.HoldsAsync("two chunks run", () => lab.Lines("started").Count == 2, cancellation, TimeSpan.FromMinutes(1));

        await lab.DbatchAsync("pause", run);
        await lab.ShowsAsync(run, "paused", view => State(view) == "paused", cancellation);
        File.WriteAllText(lab.Path("go"), "");
        await lab.ShowsAsync(
            run, "idle, and the queued chunks are pending again", view => Count(view, "succeeded") == 2 && Count(view, "pending") == Chunks - 2, cancellation);
        Assert.Equal(2, lab.Lines("started").Count);
        Assert.Equal("item 1\n", (await lab.DbatchAsync("logs", run, "1")).Out);
        Assert.Contains("paused", (await lab.DbatchAsync("explain", run, "20")).Out, StringComparison.Ordinal);

        File.Delete(lab.Path("go"));
        await lab.DbatchAsync("resume", run);
        await Eventually.HoldsAsync("two more run", () => lab.Lines("started").Count == 4, cancellation, TimeSpan.FromMinutes(1));
        await lab.DbatchAsync("cancel", run);

        var shown = await lab.SettledAsync(run, cancellation);
        await Eventually.HoldsAsync("nothing of it runs", () => ProcessKiller.WithEnvironment($"DBATCH_RUN={run}").Count == 0, cancellation);
        Assert.Equal(("cancelled", 2, Chunks - 2), (State(shown), Count(shown, "succeeded"), Count(shown, "cancelled")));
        Assert.Equal(4, lab.Lines("started").Count);
    }

    [Fact(Timeout = 240_000)]
    public async Task A_cancelled_run_that_is_retried_runs_on_the_host_that_heard_of_the_cancel()
    {
        const int Chunks = 60;
        var cancellation = TestContext.Current.CancellationToken;
        await using var lab = await TestLab.CreateAsync(broker, cancellation);
        await lab.StartHeadAsync(cancellation);
        lab.StartHost("one");
        var run = await lab.SubmitAsync(Chunks, "sh", "-c", "sleep 0.2; " + LabSpecs.WriteItem[2]);
        await lab.ShowsAsync(run, "partly done", view => Count(view, "succeeded") > 0, cancellation);

        await lab.DbatchAsync("cancel", run);
        Assert.Equal("cancelled", State(await lab.SettledAsync(run, cancellation)));
        await lab.DbatchAsync("retry", run);

        await lab.AssertCompleteAsync(run, await lab.SettledAsync(run, cancellation), Chunks, cancellation);
        var attempts = await lab.AttemptsAsync(run, cancellation);
        Assert.DoesNotContain(attempts, attempt => attempt.Attempt > 2);
        Assert.DoesNotContain(attempts, attempt => attempt.Outcome == AttemptOutcome.HostLost);
    }

    [Fact(Timeout = 240_000)]
    public async Task Chunks_of_a_cancelled_run_are_not_run_by_a_host_that_joins_later()
    {
        var cancellation = TestContext.Current.CancellationToken;
        await using var lab = await TestLab.CreateAsync(broker, cancellation);
        await lab.StartHeadAsync(cancellation);
        var cancelled = await lab.SubmitAsync(8, "sh", "-c", $"echo $DBATCH_START >> {lab.Path("started")}");
        await lab.ShowsAsync(cancelled, "queued", view => Count(view, "queued") == 8, cancellation);
        await lab.DbatchAsync("cancel", cancelled);
        await lab.SettledAsync(cancelled, cancellation);

        lab.StartHost("late");
        var other = await lab.SubmitAsync(2, LabSpecs.WriteItem);

        await lab.AssertCompleteAsync(other, await lab.SettledAsync(other, cancellation), 2, cancellation);
        Assert.False(File.Exists(lab.Path("started")));
    }

    [Fact(Timeout = 240_000)]
    public async Task The_second_of_two_consumers_with_one_name_is_refused()
    {
        var cancellation = TestContext.Current.CancellationToken;
        await using var lab = await TestLab.CreateAsync(broker, cancellation);
        await lab.StartHeadAsync(cancellation);
        var first = lab.StartHost("twin");
        try
        {
            await Eventually.HoldsAsync("the host is online", async () => (await lab.DbatchAsync("hosts")).Out.Contains("twin", StringComparison.Ordinal), cancellation);

            var ended = await lab.StartHost("twin").End.WaitAsync(TimeSpan.FromMinutes(2), cancellation);

            Assert.Equal(2, ended.ExitCode);
            Assert.Contains("Another consumer with the name 'twin' is online", ended.Err, StringComparison.Ordinal);
        }
        finally
        {
            // The lab knows one process of a name, the second.
            first.Signal(ProcessKiller.Sigkill);
        }
    }

    private static string? State(JsonElement view) => view.GetProperty("state").GetString();

    private static int Count(JsonElement view, string state) => view.GetProperty("chunks").GetProperty(state).GetInt32();
}
