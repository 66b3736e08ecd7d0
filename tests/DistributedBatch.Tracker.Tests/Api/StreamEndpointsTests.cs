using System.Net;
using System.Net.Http.Headers;
using System.Net.ServerSentEvents;
using System.Text.Json;
using DistributedBatch.Contracts.Chunks;
using DistributedBatch.Contracts.Json;
using DistributedBatch.Contracts.Runs;

namespace DistributedBatch.Tracker.Tests.Api;

public sealed class StreamEndpointsTests
{
    private static readonly ChunkCounts Ten = new(10, 8, 1, 1, 0, 0, 0);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact(Timeout = 30_000)]
    public async Task A_run_is_followed_by_events_and_a_reconnected_client_hears_only_news()
    {
        await using var bench = await ApiBench.StartAsync();
        var run = RunId.New();
        await bench.HearAsync(Say.Submitted(run), Say.Changed(run, 1, RunState.Succeeded, Ten));

        string last;
        using (var first = await FollowAsync(bench, run, null))
        {
            var item = await NextAsync(first);
            Assert.Equal("run", item.EventType);
            last = item.EventId!;
        }

        using var second = await FollowAsync(bench, run, last);
        await bench.HearAsync(Say.Changed(run, 2, RunState.Failed, Ten));

        var news = JsonSerializer.Deserialize((await NextAsync(second)).Data, ContractsJson.Default.RunView)!;
        Assert.Equal(RunState.Failed, news.State);
    }

    [Fact(Timeout = 30_000)]
    public async Task A_log_is_served_in_ranges_and_never_as_a_page()
    {
        await using var bench = await ApiBench.StartAsync();
        var run = RunId.New();
        await bench.HearAsync(Say.Submitted(run));
        await File.WriteAllTextAsync(Path.Combine(bench.Logs(run.Value), "3.1.out"), "0123<script>alert(1)</script>", Cancellation);

        using var request = new HttpRequestMessage(HttpMethod.Get, $"/api/runs/{run}/chunks/3/attempts/1/logs/out");
        request.Headers.Range = new RangeHeaderValue(4, 11);
        var answer = await bench.Client.SendAsync(request, Cancellation);

        Assert.Equal(HttpStatusCode.PartialContent, answer.StatusCode);
        Assert.Equal("<script>", await answer.Content.ReadAsStringAsync(Cancellation));
        Assert.Equal("text/plain", answer.Content.Headers.ContentType!.MediaType);
        Assert.Equal("nosniff", Assert.Single(answer.Headers.GetValues("X-Content-Type-Options")));
        Assert.Equal(HttpStatusCode.NotFound, (await bench.Client.GetAsync($"/api/runs/{run}/chunks/3/attempts/1/logs/err", Cancellation)).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await bench.Client.GetAsync($"/api/runs/{run}/chunks/3/attempts/1/logs/..%2F3.1.out", Cancellation)).StatusCode);
    }

    [Fact(Timeout = 30_000)]
    public async Task A_followed_log_ends_with_its_attempt()
    {
        await using var bench = await ApiBench.StartAsync();
        var run = RunId.New();
        await bench.HearAsync(
            Say.Submitted(run), Say.Reports(Say.Started(run, 3)), Say.Changed(run, 1, RunState.Running, Ten, Say.Chunk(3, ChunkState.Running, 1)));
        var path = Path.Combine(bench.Logs(run.Value), "3.1.out");
        await File.WriteAllTextAsync(path, "one\n", Cancellation);

        using var answer = await bench.Client.GetAsync(
            $"/api/runs/{run}/chunks/3/attempts/1/logs/out?follow=true", HttpCompletionOption.ResponseHeadersRead, Cancellation);
        using var reader = new StreamReader(await answer.Content.ReadAsStreamAsync(Cancellation));
        Assert.Equal("one", await reader.ReadLineAsync(Cancellation));
        await File.AppendAllTextAsync(path, "two\n", Cancellation);
        Assert.Equal("two", await reader.ReadLineAsync(Cancellation));
        await bench.HearAsync(Say.Reports(Say.Succeeded(run, 3)));

        Assert.Null(await reader.ReadLineAsync(Cancellation));
    }

    [Fact(Timeout = 30_000)]
    public async Task Exports_hold_every_attempt_and_no_formula()
    {
        await using var bench = await ApiBench.StartAsync();
        var run = RunId.New();
        await bench.HearAsync(Say.Submitted(run), Say.Reports(
            Say.Failed(run, 0, error: "=1+1, \"quoted\"\nand two lines"), Say.Succeeded(run, 0, attempt: 2, result: "{\"loss\":1}"), Say.Succeeded(run, 1)));

        var csv = await bench.Client.GetStringAsync($"/api/runs/{run}/attempts.csv", Cancellation);
        var lines = await bench.Client.GetStringAsync($"/api/runs/{run}/attempts.jsonl", Cancellation);
        var results = await bench.Client.GetStringAsync($"/api/runs/{run}/results", Cancellation);

        Assert.Equal(4, csv.Split("\r\n", StringSplitOptions.RemoveEmptyEntries).Length);
        Assert.Contains("exit-code,3,,0,\"'=1+1, \"\"quoted\"\"\nand two lines\"", csv, StringComparison.Ordinal);
        Assert.Equal(
            [(0, 1), (0, 2), (1, 1)],
            lines.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonSerializer.Deserialize(line, ContractsJson.Default.AttemptView)!)
                .Select(attempt => (attempt.Index, attempt.Attempt)));
        Assert.Equal("{\"index\":0,\"attempt\":2,\"result\":{\"loss\":1}}\n", results);
    }

    private static async Task<HttpResponseMessage> FollowAsync(ApiBench bench, RunId run, string? last)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/api/runs/{run}/events");
        if (last is not null)
            request.Headers.Add("Last-Event-ID", last);
        return await bench.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Cancellation);
    }

    private static async Task<SseItem<string>> NextAsync(HttpResponseMessage answer)
    {
        await foreach (var item in SseParser.Create(await answer.Content.ReadAsStreamAsync(Cancellation)).EnumerateAsync(Cancellation))
            return item;
        throw new InvalidOperationException("The stream ended.");
    }
}
