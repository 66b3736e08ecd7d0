using System.Text.Json;
using DistributedBatch.TestKit.Network;
using DistributedBatch.TestKit.Waiting;

namespace DistributedBatch.Specs.Run;

/// <summary>The client commands on the state directory of a run.</summary>
public sealed class ReadingSpecs : IDisposable
{
    private readonly OneBox box = new();

    public void Dispose() => box.Dispose();

    [Fact(Timeout = 60_000)]
    public async Task A_finished_run_can_be_listed_shown_and_read()
    {
        var job = box.Script("job", """
            echo "out of $DBATCH_CHUNK"
            echo "err of $DBATCH_CHUNK" >&2
            echo "{\"chunk\": $DBATCH_CHUNK}" > "$DBATCH_RESULT"
            [ $DBATCH_CHUNK != 1 ] || exit 3
            """);
        var run = await box.DbatchAsync("run", "--name", "readable", "--total", "6", "--chunk", "2", "--slots", "1", "--retries", "1", "--retry-delay", "10ms", "--", job);
        Assert.Equal(1, run.ExitCode);

        var list = await box.DbatchAsync("list", "--json");
        Assert.Equal("readable", Assert.Single(list.Json.EnumerateArray()).GetProperty("name").GetString());
        Assert.Contains("readable", (await box.DbatchAsync("list")).Out, StringComparison.Ordinal);

        var show = (await box.DbatchAsync("show", "readable", "--json")).Json;
        Assert.Equal("failed", show.GetProperty("state").GetString());
        var counts = show.GetProperty("chunks");
        Assert.Equal(
            (3, 0, 0, 0, 2, 1, 0),
            (Count(counts, "total"), Count(counts, "pending"), Count(counts, "queued"), Count(counts, "running"), Count(counts, "succeeded"), Count(counts, "failed"), Count(counts, "cancelled")));
        Assert.Contains("exit code 3", (await box.DbatchAsync("show", "last")).Out, StringComparison.Ordinal);

        var logs = await box.DbatchAsync("logs", "last", "1");
        Assert.Equal(("out of 1\n", "err of 1\n"), (logs.Out, logs.Err));
        Assert.Equal("out of 1\n", (await box.DbatchAsync("logs", "last", "1", "--attempt", "1", "--stdout")).Out);
        Assert.Equal("out of 0\nout of 1\nout of 2\n", (await box.DbatchAsync("logs", "last", "--stdout")).Out);
        Assert.Equal(2, (await box.DbatchAsync("logs", "last", "1", "--json")).Json.GetArrayLength());

        var results = (await box.DbatchAsync("results", "last", "--json")).Json;
        Assert.Equal([0, 2], results.EnumerateArray().Select(result => result.GetProperty("result").GetProperty("chunk").GetInt32()));
        Assert.Equal(2, (await box.DbatchAsync("results", "last")).Out.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);

        Assert.NotEqual("", (await box.DbatchAsync("explain", "last", "1", "--json")).Json.GetProperty("verdict").GetString());
        Assert.Equal(1, (await box.DbatchAsync("watch", "last")).ExitCode);
        Assert.Equal(1, (await box.DbatchAsync("hosts", "--json")).Json.GetArrayLength());
    }

    [Fact(Timeout = 90_000)]
    public async Task A_run_sends_a_notification_at_its_end_and_prune_forgets_it()
    {
        using var hook = new HttpCatcher();
        await box.DbatchAsync("run", "--name", "notified", "--total", "2", "--notify", $"ntfy+http://127.0.0.1:{hook.Port}/lab", "--", "true");
        await box.DbatchAsync("run", "--name", "other", "--total", "1", "--", "true");
        Assert.Contains("All 2 chunks succeeded", Assert.Single(hook.Caught).Text, StringComparison.Ordinal);

        Assert.Equal(2, (await box.DbatchAsync("prune")).ExitCode);
        Assert.Contains("would forget", (await box.DbatchAsync("prune", "--keep", "0", "--dry-run")).Out, StringComparison.Ordinal);
        var pruned = await box.DbatchAsync("prune", "notified", "--json");

        Assert.True(pruned.ExitCode == 0, pruned.ToString());
        var gone = Assert.Single(pruned.Json.GetProperty("forgotten").EnumerateArray()).GetString()!;
        Assert.Equal("other", Assert.Single((await box.DbatchAsync("list", "--json")).Json.EnumerateArray()).GetProperty("name").GetString());
        Assert.False(Directory.Exists(Path.Combine(box.State, "runs", gone)));
        Assert.Equal(0, (await box.DbatchAsync("run", "--name", "notified", "--total", "2", "--", "true")).ExitCode);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_missing_run_chunk_or_argument_is_reported()
    {
        var none = await box.DbatchAsync("list");
        Assert.Equal(2, none.ExitCode);
        Assert.Contains($"There are no runs in {box.State}", none.Err, StringComparison.Ordinal);

        await box.DbatchAsync("run", "--total", "1", "--", "true");
        Assert.Contains("No run has the id or name 'zzz'", (await box.DbatchAsync("show", "zzz")).Err, StringComparison.Ordinal);
        Assert.Contains("has no chunk 7", (await box.DbatchAsync("logs", "last", "7")).Err, StringComparison.Ordinal);
        Assert.Contains("The argument RUN is missing", (await box.DbatchAsync("cancel")).Err, StringComparison.Ordinal);
        Assert.Contains("is over: succeeded", (await box.DbatchAsync("cancel", "last")).Err, StringComparison.Ordinal);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_run_of_another_process_can_be_paused_resumed_and_cancelled()
    {
        var job = box.Script("job", "echo $DBATCH_CHUNK >> started.txt; sleep 0.1\n");
        var run = box.Start("run", "--total", "1000", "--slots", "1", "--", job);
        await Eventually.HoldsAsync("it is known that it runs", async () => await StateAsync() == "running", TestContext.Current.CancellationToken);

        await ControlAsync("pause");
        await Eventually.HoldsAsync("it is paused", async () => await StateAsync() == "paused", TestContext.Current.CancellationToken);
        await ControlAsync("resume");
        await Eventually.HoldsAsync("it goes on", async () => await StateAsync() == "running", TestContext.Current.CancellationToken);
        await ControlAsync("cancel");
        var ended = await run.End;

        Assert.Equal(1, ended.ExitCode);
        Assert.Equal("cancelled", await StateAsync());
    }

    [Fact(Timeout = 60_000)]
    public async Task Version_help_and_completion_are_printed()
    {
        Assert.Equal("dbatch 0.1.0\n", (await box.DbatchAsync("version")).Out);
        Assert.Equal("0.1.0", (await box.DbatchAsync("version", "--json")).Json.GetProperty("version").GetString());
        var help = (await box.DbatchAsync("run", "--help")).Out;
        Assert.Contains("DBATCH_MAX_FAILURES", help, StringComparison.Ordinal);
        Assert.Contains("~/.config/dbatch/config.yaml", help, StringComparison.Ordinal);
        Assert.Contains("complete", (await box.DbatchAsync("completion", "bash")).Out, StringComparison.Ordinal);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_plan_is_printed_and_nothing_is_started()
    {
        var plan = await box.DbatchAsync("run", "--total", "1000000", "--chunk", "3", "--dry-run", "--json", "--", box.Script("job", "echo ran > ran.txt"), "{start}");

        Assert.Equal((1_000_000, 333_334), (plan.Json.GetProperty("items").GetInt32(), plan.Json.GetProperty("chunks").GetInt32()));
        Assert.False(Directory.Exists(box.State));
    }

    private static int Count(JsonElement counts, string state) => counts.GetProperty(state).GetInt32();

    private async Task ControlAsync(string action)
    {
        var steered = await box.DbatchAsync(action, "last");
        Assert.True(steered.ExitCode == 0, steered.ToString());
    }

    private async Task<string?> StateAsync() =>
        await box.DbatchAsync("show", "last", "--json") is { ExitCode: 0 } shown ? shown.Json.GetProperty("state").GetString() : null;
}
