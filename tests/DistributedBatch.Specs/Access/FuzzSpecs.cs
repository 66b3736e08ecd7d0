using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using DistributedBatch.Contracts.Chunks;
using DistributedBatch.Contracts.Hosts;
using DistributedBatch.Contracts.Json;
using DistributedBatch.Contracts.Messages;
using DistributedBatch.Contracts.Runs;
using DistributedBatch.Specs.Lab;
using DistributedBatch.TestKit.Broker;
using RabbitMQ.Client;

namespace DistributedBatch.Specs.Access;

/// <summary>Broken messages and requests by the thousand while a run is active. Set <c>DBATCH_TEST_FUZZ</c> for their number and <c>DBATCH_TEST_SEED</c> to repeat a failure.</summary>
[Collection(nameof(LabBroker))]
public sealed class FuzzSpecs(PrivateBroker broker, ITestOutputHelper output)
{
    private const int Chunks = 60;

    private static readonly RunId Unknown = RunId.Parse("zzzzzzzzzz");

    private static readonly int Count = int.Parse(Environment.GetEnvironmentVariable("DBATCH_TEST_FUZZ") ?? "1500", null);
    private static readonly int Seed = int.Parse(Environment.GetEnvironmentVariable("DBATCH_TEST_SEED") ?? $"{Environment.TickCount & 0xffff}", null);

    [Fact(Timeout = 900_000)]
    public async Task Broken_messages_and_requests_stop_no_service_and_change_no_run()
    {
        output.WriteLine($"seed {Seed}");
        var cancellation = TestContext.Current.CancellationToken;
        await using var lab = await TestLab.CreateAsync(broker, cancellation);
        await lab.StartHeadAsync(cancellation);
        lab.StartHost("one");
        using var server = Client(lab);
        var run = await lab.SubmitAsync(Chunks, "sh", "-c", "sleep 0.3; " + LabSpecs.WriteItem[2]);

        var sent = PublishAsync(lab, run, cancellation);
        var answers = await RequestAsync(server, run, cancellation);
        await sent;

        await lab.AssertCompleteAsync(run, await lab.SettledAsync(run, cancellation), Chunks, cancellation);
        Assert.Empty(lab.Ended);
        Assert.DoesNotContain(HttpStatusCode.InternalServerError, answers.Keys);
        output.WriteLine(string.Join(", ", answers.OrderBy(pair => pair.Key).Select(pair => $"{(int)pair.Key}: {pair.Value}")));
        using var state = JsonDocument.Parse(await server.GetStringAsync("/api/server", cancellation));
        output.WriteLine($"{state.RootElement.GetProperty("refusedMessages").GetInt64()} of {Count} messages refused");
        Assert.InRange(state.RootElement.GetProperty("refusedMessages").GetInt64(), Count / 5, 10L * Count);
    }

    private static HttpClient Client(TestLab lab)
    {
        var client = new HttpClient { BaseAddress = new Uri(lab.Server) };
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", File.ReadAllText(lab.Path("head/token")).Trim());
        return client;
    }

    private static async Task PublishAsync(TestLab lab, string run, CancellationToken cancellation)
    {
        await using var connection = await new ConnectionFactory { Uri = lab.Broker }.CreateConnectionAsync(cancellation);
        await using var channel = await connection.CreateChannelAsync(cancellationToken: cancellation);
        var random = new Random(Seed);
        var mutator = new JsonMutator(random);
        (string Exchange, string Type, string Json)[] whole =
        [
            ("dbatch.attempt-reports", nameof(AttemptReports), Json(new AttemptReports("ghost", [Report(Unknown, 3), Report(RunId.Parse(run), 59_999_999)]))),
            ("dbatch.host-heartbeat", nameof(HostHeartbeat), Json(new HostHeartbeat(
                new HostStatus { Name = "ghost", Version = "1", Cores = 1, Slots = 1, Classes = ["none"] }, DateTimeOffset.UtcNow, [new RunningAttempt(Unknown, 1, 1, 0, DateTimeOffset.UtcNow)]))),
            ("dbatch.lease-taken", nameof(LeaseTaken), Json(new LeaseTaken(Unknown, 1, 1, "ghost", DateTimeOffset.UtcNow))),
            ("dbatch.chunk-dead", nameof(ChunkDead), Json(new ChunkDead(Unknown, 1, 1, "it is broken", DateTimeOffset.UtcNow))),
            ("dbatch.chunks-returned", nameof(ChunksReturned), Json(new ChunksReturned("ghost", [new ReturnedChunk(Unknown, 1, 1, 1)]))),
            ("dbatch.change-run", nameof(ChangeRun), Json(new ChangeRun(Unknown, RunAction.Cancel))),
            ("dbatch.forget-run", nameof(ForgetRun), Json(new ForgetRun(Unknown))),
            ("dbatch.run-steered", nameof(RunControlMessage), Json(new RunControlMessage(Unknown, RunState.Cancelled, 3))),
            ("dbatch.host-steered", nameof(HostControlMessage), Json(new HostControlMessage("ghost", null, null))),
        ];
        for (var number = 0; number < Count; number++)
        {
            var (exchange, type, json) = whole[random.Next(whole.Length)];
            var named = random.Next(10) == 0 ? whole[random.Next(whole.Length)].Type : type;
            var properties = new BasicProperties { ContentType = random.Next(50) == 0 ? "text/plain" : "application/json", Headers = new Dictionary<string, object?>() };
            if (random.Next(30) > 0)
                properties.Headers["MT-MessageType"] = $"urn:message:DistributedBatch.Contracts.Messages:{named}";
            await channel.BasicPublishAsync(exchange, "", mandatory: false, properties, mutator.Broken(json), cancellation);
        }
    }

    private static async Task<Dictionary<HttpStatusCode, int>> RequestAsync(HttpClient server, string run, CancellationToken cancellation)
    {
        var random = new Random(Seed + 1);
        var mutator = new JsonMutator(random);
        var spec = JsonSerializer.Serialize(
            new RunSpec
            {
                Name = "fuzz",
                Dataset = new Contracts.Datasets.RangeDataset(0),
                Job = new JobSpec { Command = ["true"], Env = new Dictionary<string, string> { ["A"] = "b" }, Timeout = TimeSpan.FromSeconds(5) },
                Notify = new Uri("ntfy://127.0.0.1/topic"),
            },
            ContractsJson.Default.RunSpec);
        string[] datasets =
        [
            """{"kind":"range","total":0,"first":0}""", """{"kind":"items","items":["a","b"]}""", """{"kind":"table","header":["x"],"rows":[["1"]]}""",
            """{"kind":"sweep","parameters":[{"name":"lr","values":["1","2"]}]}""",
        ];
        string[] paths =
        [
            "/api/runs?limit={0}&state={0}&after={0}", "/api/runs/{1}?within={0}", "/api/runs/{1}/chunks?limit={0}&state={0}&longerThan={0}&host={0}&error={0}&after={0}",
            "/api/runs/{1}/chunks/{0}", "/api/runs/{1}/chunks/{0}/attempts", "/api/runs/{1}/chunks/{0}/attempts/{0}/logs/out", "/api/runs/{1}/strip?buckets={0}",
            "/api/runs/{1}/timeline?points={0}", "/api/runs/{1}/slowest?limit={0}", "/api/runs/{1}/failed-attempts?limit={0}", "/api/hosts/{0}/slots?minutes={0}", "/api/runs/{0}/explain",
        ];
        string[] values = ["0", "-1", "1", "2147483647", "99999999999999999999", "x", "%00", "%F0%9F%92%A9", "..%2F..", "1e9", "NaN", "", "failed"];
        var answers = new Dictionary<HttpStatusCode, int>();
        for (var number = 0; number < Count; number++)
        {
            using var request = random.Next(2) == 0
                ? new HttpRequestMessage(HttpMethod.Post, "/api/runs")
                {
                    Content = new ByteArrayContent(mutator.Broken(spec.Replace("""{"kind":"range","total":0,"first":0}""", datasets[random.Next(datasets.Length)], StringComparison.Ordinal)))
                    {
                        Headers = { ContentType = new MediaTypeHeaderValue("application/json") },
                    },
                }
                : new HttpRequestMessage(HttpMethod.Get, string.Format(null, CompositeFormat.Parse(paths[random.Next(paths.Length)]), values[random.Next(values.Length)], run));
            using var answer = await server.SendAsync(request, cancellation);
            answers[answer.StatusCode] = answers.GetValueOrDefault(answer.StatusCode) + 1;
            if (answer.StatusCode == HttpStatusCode.InternalServerError)
                Assert.Fail($"{request.Method} {request.RequestUri} with {(request.Content is null ? "" : await request.Content.ReadAsStringAsync(cancellation))} was answered with {await answer.Content.ReadAsStringAsync(cancellation)}");
        }

        return answers;
    }

    private static AttemptReport Report(RunId run, int index) => new()
    {
        Run = run,
        Index = index,
        Start = index,
        Count = 1,
        Attempt = 1,
        Host = "ghost",
        Slot = 0,
        StartedAt = DateTimeOffset.UtcNow,
        Outcome = AttemptOutcome.Succeeded,
        ExitCode = 0,
    };

    private static string Json<T>(T message) => JsonSerializer.Serialize(message, ContractsJson.Default.GetTypeInfo(typeof(T))!);
}
