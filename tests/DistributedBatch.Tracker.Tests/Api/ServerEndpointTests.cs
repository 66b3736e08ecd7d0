using System.Net.Http.Json;
using DistributedBatch.Contracts.Api;
using DistributedBatch.Contracts.Json;
using DistributedBatch.Contracts.Runs;

namespace DistributedBatch.Tracker.Tests.Api;

public sealed class ServerEndpointTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact(Timeout = 60_000)]
    public async Task A_healthy_server_reports_no_problem()
    {
        await using var server = await TestServer.StartAsync();

        var view = await AskAsync(server);

        Assert.Equal((null, null, null), (view.DatabaseProblem, view.BrokerProblem, view.ProducerProblem));
        Assert.Equal(Path.Combine(server.DataDirectory, "tracker.db"), view.Database);
        Assert.True(view.DiskFreeBytes > 0);
        Assert.Equal(RunAction.Resume, Assert.Single(server.Producer.Changes).Action);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_server_without_a_producer_reports_that_and_still_responds()
    {
        await using var server = await TestServer.StartAsync(withProducer: false);

        var view = await AskAsync(server);

        Assert.Contains("Is a producer running", view.ProducerProblem, StringComparison.Ordinal);
        Assert.Null(view.DatabaseProblem);
    }

    private static async Task<ServerView> AskAsync(TestServer server) =>
        (await server.Client.GetFromJsonAsync("/api/server", ContractsJson.Default.ServerView, Cancellation))!;
}
