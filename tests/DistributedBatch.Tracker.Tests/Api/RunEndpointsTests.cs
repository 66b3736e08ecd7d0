using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using DistributedBatch.Contracts.Chunks;
using DistributedBatch.Contracts.Datasets;
using DistributedBatch.Contracts.Json;
using DistributedBatch.Contracts.Runs;

namespace DistributedBatch.Tracker.Tests.Api;

public sealed class RunEndpointsTests
{
    private static readonly ChunkCounts Ten = new(10, 8, 1, 1, 0, 0, 0);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory(Timeout = 30_000)]
    [InlineData(null)]
    [InlineData("Bearer 0000000000000000000000000000000000000000000000000000000000000000")]
    [InlineData("Basic YWRtaW46YWRtaW4=")]
    public async Task Without_the_token_nothing_is_told_not_even_on_the_same_machine(string? authorization)
    {
        await using var server = await TestServer.StartAsync();
        using var stranger = new HttpClient { BaseAddress = server.Client.BaseAddress };
        if (authorization is not null)
            stranger.DefaultRequestHeaders.Add("Authorization", authorization);

        foreach (var path in new[] { "/api/runs", "/api/hosts", "/api/runs/last/events", "/api/nothing", "/API/runs", "//api/runs" })
        {
            var answer = await stranger.GetAsync(new Uri(stranger.BaseAddress + path.TrimStart('/')), Cancellation);
            Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
            Assert.Contains("data directory", (await ProblemAsync(answer)).GetProperty("detail").GetString(), StringComparison.Ordinal);
        }

        Assert.Equal(HttpStatusCode.OK, (await stranger.GetAsync("/health", Cancellation)).StatusCode);
    }

    [Fact(Timeout = 30_000)]
    public async Task The_token_file_is_for_its_owner_only_and_survives_a_restart()
    {
        await using var server = await TestServer.StartAsync();
        var path = Path.Combine(server.DataDirectory, "token");

        if (!OperatingSystem.IsWindows())
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(path));
        Assert.Equal(64, (await File.ReadAllTextAsync(path, Cancellation)).Trim().Length);
        var again = Tracker.Access.OperatorToken.ReadOrCreate(path);
        Assert.False(again.Created);
        Assert.True(again.Is((await File.ReadAllTextAsync(path, Cancellation)).Trim()));
    }

    [Fact(Timeout = 30_000)]
    public async Task A_submitted_run_is_created_and_can_be_looked_at_at_once()
    {
        await using var server = await TestServer.StartAsync();
        var spec = new RunSpec { Name = "digits", Dataset = new RangeDataset(100), Job = new JobSpec { Command = ["./attack"] } };

        var answer = await server.Client.PostAsync("/api/runs", JsonContent.Create(spec, ContractsJson.Default.RunSpec), Cancellation);

        Assert.Equal(HttpStatusCode.Created, answer.StatusCode);
        var run = (await ProblemAsync(answer)).GetProperty("run").GetString();
        Assert.Equal($"/api/runs/{run}", answer.Headers.Location!.ToString());
        var view = await server.Client.GetFromJsonAsync($"/api/runs/{run}", ContractsJson.Default.RunView, Cancellation);
        Assert.Equal("digits", view!.Name);
    }

    [Fact(Timeout = 30_000)]
    public async Task A_refused_run_is_answered_with_every_mistake()
    {
        await using var server = await TestServer.StartAsync();
        var spec = new RunSpec { Name = "digits", Dataset = new RangeDataset(100), Job = new JobSpec { Command = [] } };

        var answer = await server.Client.PostAsync("/api/runs", JsonContent.Create(spec, ContractsJson.Default.RunSpec), Cancellation);

        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Equal(
            ["The command is empty.", "The chunk size is 0."],
            (await ProblemAsync(answer)).GetProperty("mistakes").EnumerateArray().Select(mistake => mistake.GetString()));
    }

    [Theory(Timeout = 30_000)]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("{\"name\": 3}")]
    [InlineData("{\"name\": \"x\", \"dataset\": {\"kind\": \"circle\"}, \"job\": {\"command\": [\"x\"]}}")]
    public async Task A_body_that_is_no_run_is_refused_with_a_sentence(string body)
    {
        await using var server = await TestServer.StartAsync();

        var answer = await server.Client.PostAsync("/api/runs", new StringContent(body, Encoding.UTF8, "application/json"), Cancellation);

        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.NotEmpty((await ProblemAsync(answer)).GetProperty("mistakes").EnumerateArray());
    }

    [Fact(Timeout = 30_000)]
    public async Task A_producer_that_does_not_answer_is_said_to()
    {
        await using var server = await TestServer.StartAsync(options => options.Commands.ProducerTimeout = TimeSpan.FromMilliseconds(200), withProducer: false);
        var spec = new RunSpec { Name = "digits", Dataset = new RangeDataset(100), Job = new JobSpec { Command = ["./attack"] } };

        var answer = await server.Client.PostAsync("/api/runs", JsonContent.Create(spec, ContractsJson.Default.RunSpec), Cancellation);

        Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode);
        Assert.Contains("producer running", (await ProblemAsync(answer)).GetProperty("detail").GetString(), StringComparison.Ordinal);
    }

    [Fact(Timeout = 30_000)]
    public async Task Steering_reaches_the_producer_and_its_refusal_comes_back()
    {
        await using var server = await TestServer.StartAsync();
        var run = RunId.New();
        await server.PublishAsync(TestData.Submitted(run));

        foreach (var action in new[] { "pause", "resume", "cancel" })
            Assert.Equal(HttpStatusCode.OK, (await server.Client.PostAsync($"/api/runs/{run}/{action}", null, Cancellation)).StatusCode);
        var refused = await server.Client.PostAsync($"/api/runs/{run}/retry", null, Cancellation);

        Assert.Equal([RunAction.Pause, RunAction.Resume, RunAction.Cancel, RunAction.Retry], server.Producer.Changes.Select(change => change.Action));
        Assert.Equal(HttpStatusCode.Conflict, refused.StatusCode);
        Assert.Contains("not over", (await ProblemAsync(refused)).GetProperty("detail").GetString(), StringComparison.Ordinal);
    }

    [Fact(Timeout = 30_000)]
    public async Task A_run_is_addressed_by_name_prefix_or_last_and_a_wrong_one_says_so()
    {
        await using var server = await TestServer.StartAsync();
        await server.PublishAsync(TestData.Submitted(RunId.Parse("aaaaaaaaa1"), "one"), TestData.Submitted(RunId.Parse("aaaaaaaaa2"), "two"));

        foreach (var text in new[] { "two", "aaaaaaaaa2", "last" })
            Assert.Equal("aaaaaaaaa2", (await server.Client.GetFromJsonAsync($"/api/runs/{text}", ContractsJson.Default.RunView, Cancellation))!.Run.Value);
        Assert.Equal(HttpStatusCode.Conflict, (await server.Client.GetAsync("/api/runs/aaa", Cancellation)).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await server.Client.GetAsync("/api/runs/zebra/strip", Cancellation)).StatusCode);
    }

    [Fact(Timeout = 30_000)]
    public async Task Who_waits_for_a_run_is_answered_when_it_is_settled_or_when_the_wait_is_over()
    {
        await using var server = await TestServer.StartAsync();
        var run = RunId.New();
        await server.PublishAsync(TestData.Submitted(run));
        await server.PublishAsync(TestData.Changed(run, 1, RunState.Running, new ChunkCounts(10, 9, 0, 1, 0, 0, 0)));

        var impatient = await ShownAsync("0.01");
        var patient = ShownAsync("1e9");
        await server.PublishAsync(TestData.Changed(run, 2, RunState.Failed, new ChunkCounts(10, 0, 0, 0, 9, 1, 0)));

        Assert.Equal("running", impatient);
        Assert.Equal("failed", await patient);
        Assert.Equal("failed", await ShownAsync("60"));

        async Task<string?> ShownAsync(string within) =>
            (await server.Client.GetFromJsonAsync<JsonElement>($"/api/runs/{run}?within={within}", Cancellation)).GetProperty("state").GetString();
    }

    [Fact(Timeout = 30_000)]
    public async Task What_a_client_has_already_is_not_sent_again()
    {
        await using var server = await TestServer.StartAsync();
        var run = RunId.New();
        await server.PublishAsync(TestData.Submitted(run), TestData.Changed(run, 1, RunState.Succeeded, Ten));
        var first = await server.Client.GetAsync($"/api/runs/{run}/strip", Cancellation);

        async Task<HttpStatusCode> AgainAsync()
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, $"/api/runs/{run}/strip");
            request.Headers.IfNoneMatch.Add(first.Headers.ETag!);
            return (await server.Client.SendAsync(request, Cancellation)).StatusCode;
        }

        Assert.Equal(HttpStatusCode.NotModified, await AgainAsync());
        await server.PublishAsync(TestData.Changed(run, 2, RunState.Running, Ten, TestData.Chunk(0, ChunkState.Failed, 2)));
        Assert.Equal(HttpStatusCode.OK, await AgainAsync());
    }

    [Fact(Timeout = 30_000)]
    public async Task Every_page_answers_for_an_empty_run_and_a_wrong_question_gets_a_sentence()
    {
        await using var server = await TestServer.StartAsync();
        var run = RunId.New();
        await server.PublishAsync(TestData.Submitted(run));

        foreach (var page in new[]
        {
            "", "/chunks", "/chunks?state=failed", "/failures", "/slowest", "/failed-attempts", "/results", "/timeline", "/strip", "/explain", "/attempts.csv", "/attempts.jsonl",
            "/chunks/0/attempts", "/chunks/0/logs",
        })
        {
            Assert.Equal(HttpStatusCode.OK, (await server.Client.GetAsync($"/api/runs/{run}{page}", Cancellation)).StatusCode);
        }

        foreach (var wrong in new[] { "/chunks?state=asleep", "/chunks?longerThan=long" })
            Assert.Equal(HttpStatusCode.BadRequest, (await server.Client.GetAsync($"/api/runs/{run}{wrong}", Cancellation)).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await server.Client.GetAsync($"/api/runs/{run}/chunks/999999", Cancellation)).StatusCode);
    }

    [Fact(Timeout = 30_000)]
    public async Task The_API_describes_itself()
    {
        await using var server = await TestServer.StartAsync();

        var paths = (await server.Client.GetFromJsonAsync<JsonElement>("/openapi/v1.json", Cancellation)).GetProperty("paths");

        Assert.True(paths.TryGetProperty("/api/runs/{run}/chunks", out _));
        Assert.True(paths.TryGetProperty("/api/runs/{run}/cancel", out _));
    }

    private static async Task<JsonElement> ProblemAsync(HttpResponseMessage answer) =>
        await answer.Content.ReadFromJsonAsync<JsonElement>(Cancellation);
}
