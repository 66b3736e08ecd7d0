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
    public async Task A_run_is_followed_by_events_and_a_reconnected_client_gets_only_changes()
    {
        await using var server = await TestServer.StartAsync();
        var run = RunId.New();
        await server.PublishAsync(TestData.Submitted(run), TestData.Changed(run, 1, RunState.Succeeded, Ten));

        string last;
        using (var first = await FollowAsync(server, run, null))
        {
            var item = await NextAsync(first);
            Assert.Equal("run", item.EventType);
            last = item.EventId!;
        }

        using var second = await FollowAsync(server, run, last);
        await server.PublishAsync(TestData.Changed(run, 2, RunState.Failed, Ten));

        var news = JsonSerializer.Deserialize((await NextAsync(second)).Data, ContractsJson.Default.RunView)!;
        Assert.Equal(RunState.Failed, news.State);
    }

    [Fact(Timeout = 30_000)]
    public async Task A_log_is_served_in_ranges_and_never_as_a_page()
    {
        await using var server = await TestServer.StartAsync();
        var run = RunId.New();
        await server.PublishAsync(TestData.Submitted(run));
        await File.WriteAllTextAsync(Path.Combine(server.Logs(run.Value), "3.1.out"), "0123<script>alert(1)</script>", Cancellation);

        using var request = new HttpRequestMessage(HttpMethod.Get, $"/api/runs/{run}/chunks/3/attempts/1/logs/out");
        request.Headers.Range = new RangeHeaderValue(4, 11);
        var answer = await server.Client.SendAsync(request, Cancellation);

        Assert.Equal(HttpStatusCode.PartialContent, answer.StatusCode);
        Assert.Equal("<script>", await answer.Content.ReadAsStringAsync(Cancellation));
        Assert.Equal("text/plain", answer.Content.Headers.ContentType!.MediaType);
        Assert.Equal("nosniff", Assert.Single(answer.Headers.GetValues("X-Content-Type-Options")));
        Assert.Equal(HttpStatusCode.NotFound, (await server.Client.GetAsync($"/api/runs/{run}/chunks/3/attempts/1/logs/err", Cancellation)).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await server.Client.GetAsync($"/api/runs/{run}/chunks/3/attempts/1/logs/..%2F3.1.out", Cancellation)).StatusCode);
    }

    [Fact(Timeout = 30_000)]
    public async Task A_followed_log_arrives_with_the_report_of_its_attempt_and_ends_with_it()
    {
        await using var server = await TestServer.StartAsync();
        var run = RunId.New();
        await server.PublishAsync(
            TestData.Submitted(run), TestData.Reports(TestData.Started(run, 3)), TestData.Changed(run, 1, RunState.Running, Ten, TestData.Chunk(3, ChunkState.Running, 1)));

        using var answer = await server.Client.GetAsync(
            $"/api/runs/{run}/chunks/3/attempts/1/logs/out?follow=true", HttpCompletionOption.ResponseHeadersRead, Cancellation);
        using var reader = new StreamReader(await answer.Content.ReadAsStreamAsync(Cancellation));
        var first = reader.ReadLineAsync(Cancellation).AsTask();
        Assert.False(first.IsCompleted);

        await server.PublishAsync(TestData.Reports(TestData.Succeeded(run, 3) with { Stdout = "one\ntwo\n"u8.ToArray() }));

        Assert.Equal("one", await first);
        Assert.Equal("two", await reader.ReadLineAsync(Cancellation));
        Assert.Null(await reader.ReadLineAsync(Cancellation));
    }

    [Fact(Timeout = 30_000)]
    public async Task Exports_hold_every_attempt_and_no_formula()
    {
        await using var server = await TestServer.StartAsync();
        var run = RunId.New();
        await server.PublishAsync(TestData.Submitted(run), TestData.Reports(
            TestData.Failed(run, 0, error: "=1+1, \"quoted\"\nand two lines"), TestData.Succeeded(run, 0, attempt: 2, result: "{\"loss\":1}"), TestData.Succeeded(run, 1)));

        var csv = await server.Client.GetStringAsync($"/api/runs/{run}/attempts.csv", Cancellation);
        var lines = await server.Client.GetStringAsync($"/api/runs/{run}/attempts.jsonl", Cancellation);
        var results = await server.Client.GetStringAsync($"/api/runs/{run}/results", Cancellation);

        Assert.Equal(4, csv.Split("\r\n", StringSplitOptions.RemoveEmptyEntries).Length);
        Assert.Contains("exit-code,3,,0,\"'=1+1, \"\"quoted\"\"\nand two lines\"", csv, StringComparison.Ordinal);
        Assert.Equal(
            [(0, 1), (0, 2), (1, 1)],
            lines.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonSerializer.Deserialize(line, ContractsJson.Default.AttemptView)!)
                .Select(attempt => (attempt.Index, attempt.Attempt)));
        Assert.Equal("{\"index\":0,\"attempt\":2,\"result\":{\"loss\":1}}\n", results);
    }

    private static async Task<HttpResponseMessage> FollowAsync(TestServer server, RunId run, string? last)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/api/runs/{run}/events");
        if (last is not null)
            request.Headers.Add("Last-Event-ID", last);
        return await server.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Cancellation);
    }

    private static async Task<SseItem<string>> NextAsync(HttpResponseMessage answer)
    {
        await foreach (var item in SseParser.Create(await answer.Content.ReadAsStreamAsync(Cancellation)).EnumerateAsync(Cancellation))
            return item;
        throw new InvalidOperationException("The stream ended.");
    }
}
