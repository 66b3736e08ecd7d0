using System.Net;
using DistributedBatch.Contracts.Chunks;
using DistributedBatch.Contracts.Runs;
using DistributedBatch.TestKit.Waiting;
using DistributedBatch.Tracker.Retention;
using DistributedBatch.Tracker.Tests.Api;

namespace DistributedBatch.Tracker.Tests.Retention;

public sealed class RetentionTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact(Timeout = 60_000)]
    public async Task A_settled_run_is_forgotten_over_the_api_with_its_logs_and_a_running_one_is_not()
    {
        await using var server = await TestServer.StartAsync();
        var (over, going) = (RunId.New(), RunId.New());
        await server.PublishAsync(
            TestData.Submitted(over), TestData.Changed(over, 1, RunState.Succeeded, new ChunkCounts(1, 0, 0, 0, 1, 0, 0)),
            TestData.Submitted(going, name: "going"), TestData.Changed(going, 1, RunState.Running, new ChunkCounts(1, 1, 0, 0, 0, 0, 0)));
        var log = Path.Combine(server.Logs(over.Value), "0.1.out");
        await File.WriteAllTextAsync(log, "printed", Cancellation);

        Assert.Equal(HttpStatusCode.NoContent, (await server.Client.DeleteAsync($"/api/runs/{over}", Cancellation)).StatusCode);
        var refusal = await server.Client.DeleteAsync($"/api/runs/{going}", Cancellation);

        Assert.Equal(HttpStatusCode.NotFound, (await server.Client.GetAsync($"/api/runs/{over}", Cancellation)).StatusCode);
        Assert.Equal(HttpStatusCode.Conflict, refusal.StatusCode);
        Assert.Contains("cancel it first", await refusal.Content.ReadAsStringAsync(Cancellation), StringComparison.Ordinal);
        await Eventually.HoldsAsync("the log is gone", () => !File.Exists(log), Cancellation);
    }

    [Fact(Timeout = 60_000)]
    public async Task What_ended_longer_ago_than_is_kept_goes_and_what_ended_later_stays()
    {
        await using var server = await TestServer.StartAsync();
        var (old, recent) = (RunId.New(), RunId.New());
        var counts = new ChunkCounts(1, 0, 0, 0, 1, 0, 0);
        await server.PublishAsync(
            TestData.Submitted(old), TestData.Changed(old, 1, RunState.Succeeded, counts) with { FinishedAt = DateTimeOffset.UtcNow.AddDays(-31) },
            TestData.Submitted(recent), TestData.Changed(recent, 1, RunState.Succeeded, counts) with { FinishedAt = DateTimeOffset.UtcNow.AddDays(-29) });

        Assert.Equal(1, await server.App.Services.GetRequiredService<RunRemover>().ExpireAsync(TimeSpan.FromDays(30), Cancellation));

        Assert.Equal(HttpStatusCode.NotFound, (await server.Client.GetAsync($"/api/runs/{old}", Cancellation)).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await server.Client.GetAsync($"/api/runs/{recent}", Cancellation)).StatusCode);
    }
}
