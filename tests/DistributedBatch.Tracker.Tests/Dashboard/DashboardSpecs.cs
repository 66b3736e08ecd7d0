using DistributedBatch.Contracts.Chunks;
using DistributedBatch.Contracts.Hosts;
using DistributedBatch.Contracts.Runs;
using DistributedBatch.TestKit.Network;
using DistributedBatch.Tracker.Tests.Api;

namespace DistributedBatch.Tracker.Tests.Dashboard;

/// <summary>The dashboard in a real browser with a real tracker.</summary>
public sealed class DashboardSpecs(Browser browser) : IClassFixture<Browser>
{
    private const string Nasty = "before <script>window.broken = 1</script> \u001b[31mred\u001b[0m <img src=x onerror='window.broken = 1'> after";
    private const string NastyShown = "before <script>window.broken = 1</script> \\x1b[31mred\\x1b[0m <img src=x onerror='window.broken = 1'> after";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact(Timeout = 90_000)]
    public async Task Progress_moves_without_a_reload()
    {
        await using var server = await TestServer.StartAsync();
        var run = await HalfDoneAsync(server);
        var page = await OpenAsync(server, $"/runs/{run}");
        await page.SeeAsync("50 %");

        await server.PublishAsync(TestData.Changed(run, 2, RunState.Running, new ChunkCounts(10, 1, 0, 1, 8, 0, 0), TestData.Chunk(5, ChunkState.Succeeded, 2)));

        await page.SeeAsync("80 %");
        Assert.Empty(page.Errors);
    }

    [Fact(Timeout = 90_000)]
    public async Task The_output_of_a_failed_chunk_is_shown_in_place_and_stays_text()
    {
        await using var server = await TestServer.StartAsync();
        var run = await HalfDoneAsync(server);
        await server.PublishAsync(
            TestData.Reports(TestData.Failed(run, 7, attempt: 3, stderr: Nasty)),
            TestData.Changed(run, 2, RunState.Failed, new ChunkCounts(10, 0, 0, 0, 9, 1, 0), TestData.Chunk(7, ChunkState.Failed, 2, attempts: 3)));
        await File.WriteAllTextAsync(Path.Combine(server.Logs(run.Value), "7.3.err"), "the whole log\n" + Nasty, Cancellation);
        var page = await OpenAsync(server, $"/runs/{run}");

        await page.ClickAsync("exit code 3");
        await page.SeeInAsync("End of standard error", NastyShown);
        await page.ClickAsync("Log");
        await page.SeeInAsync("Log of chunk 7, attempt 3", "the whole log\n" + NastyShown);

        Assert.True(await page.EvaluateAsync<bool>("window.broken === undefined"));
        Assert.Empty(page.Errors);
    }

    [Fact(Timeout = 90_000)]
    public async Task Buttons_reach_the_producer_and_a_refusal_is_shown()
    {
        await using var server = await TestServer.StartAsync();
        var run = await HalfDoneAsync(server);
        await server.PublishAsync(TestData.Changed(run, 2, RunState.Failed, new ChunkCounts(10, 0, 0, 0, 9, 1, 0), TestData.Chunk(7, ChunkState.Failed, 2)));
        var page = await OpenAsync(server, $"/runs/{run}");

        await page.ClickAsync("Retry failed chunks");
        await page.SeeAsync("The run is not over.");
        await server.PublishAsync(TestData.Changed(run, 3, RunState.Running, new ChunkCounts(10, 1, 0, 0, 9, 0, 0), TestData.Chunk(7, ChunkState.Pending, 3)));
        await page.ClickAsync("Pause");
        await page.SeeAsync("Pause: done.");

        Assert.Equal([(run, RunAction.Retry), (run, RunAction.Pause)], server.Producer.Changes.Where(change => change.Run == run).Select(change => (change.Run, change.Action)));
        Assert.Empty(page.Errors);
    }

    [Fact(Timeout = 90_000)]
    public async Task A_lost_connection_is_shown_and_restored()
    {
        await using var server = await TestServer.StartAsync();
        var run = await HalfDoneAsync(server);
        await using var network = new TcpRelay(server.Client.BaseAddress!);
        var page = await OpenAsync(server, $"/runs/{run}", network.Server);
        await page.SeeAsync("live");

        network.Cut();
        await page.SeeAsync("connection lost, reconnecting");
        await server.PublishAsync(TestData.Changed(run, 2, RunState.Succeeded, new ChunkCounts(10, 0, 0, 0, 10, 0, 0)));
        network.Heal();

        await page.SeeAsync("100 %");
        await page.SeeAsync("live");
        Assert.Empty(page.Errors);
    }

    [Fact(Timeout = 90_000)]
    public async Task A_wrong_token_is_asked_for_again_and_the_right_one_once()
    {
        await using var server = await TestServer.StartAsync();
        var run = await HalfDoneAsync(server);
        var page = await browser.OpenAsync(server.Client.BaseAddress!, "wrong", "/runs");

        await page.SeeAsync("Open");
        await page.TypeAsync("#ask-token", "wrong as well");
        await page.ClickAsync("Open");
        await page.SeeAsync("This token is wrong.");
        await page.TypeAsync("#ask-token", TokenOf(server));
        await page.ClickAsync("Open");
        await page.SeeAsync("digits");
        await page.ReloadAsync();
        await page.ClickAsync("digits");

        await page.SeeAsync("50 %");
        Assert.EndsWith($"#/runs/{run}", page.Address, StringComparison.Ordinal);
        Assert.Empty(page.Errors);
    }

    [Fact(Timeout = 90_000)]
    public async Task The_grid_of_chunks_is_used_by_keyboard_and_opens_a_chunk()
    {
        await using var server = await TestServer.StartAsync();
        var run = await HalfDoneAsync(server);
        var page = await OpenAsync(server, $"/runs/{run}");
        await page.SeeAsync("one chunk per cell");

        await page.FocusAsync("canvas[tabindex]");
        await page.PressAsync("ArrowRight");
        await page.PressAsync("ArrowRight");
        await page.SeeLabelAsync("chunk 1: succeeded");
        await page.PressAsync("Enter");

        await page.SeeAsync("Chunk 1");
        await page.SeeAsync("The chunk succeeded.");
        Assert.Empty(page.Errors);
    }

    [Fact(Timeout = 90_000)]
    public async Task A_host_shows_what_ran_in_its_slots_and_what_runs_now()
    {
        await using var server = await TestServer.StartAsync();
        var (run, now) = (RunId.New(), DateTimeOffset.UtcNow);
        await server.PublishAsync(
            TestData.Submitted(run), TestData.Heartbeat("ada", now, slots: 2, running: [new RunningAttempt(run, 2, 1, 1, now.AddSeconds(-30))]),
            TestData.Reports(TestData.Succeeded(run, 0, seconds: 60) with { StartedAt = now.AddMinutes(-3) }, TestData.Failed(run, 1) with { StartedAt = now.AddMinutes(-1) }));

        var page = await OpenAsync(server, "/hosts");

        await page.SeeLabelAsync("Slots over the last 10 minutes: 2 ended, 1 failed, 1 running");
        Assert.Empty(page.Errors);
    }

    private static async Task<RunId> HalfDoneAsync(TestServer server)
    {
        var run = RunId.New();
        await server.PublishAsync(
            TestData.Submitted(run), TestData.Reports([.. Enumerable.Range(0, 5).Select(index => TestData.Succeeded(run, index))]),
            TestData.Changed(run, 1, RunState.Running, new ChunkCounts(10, 4, 0, 1, 5, 0, 0), [.. Enumerable.Range(0, 5).Select(index => TestData.Chunk(index, ChunkState.Succeeded, 1))]));
        return run;
    }

    private static string TokenOf(TestServer server) => server.Client.DefaultRequestHeaders.Authorization!.Parameter!;

    private Task<BrowserPage> OpenAsync(TestServer server, string address, Uri? through = null) =>
        browser.OpenAsync(through ?? server.Client.BaseAddress!, TokenOf(server), address);
}
