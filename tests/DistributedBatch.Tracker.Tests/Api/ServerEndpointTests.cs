using System.Net.Http.Json;
using DistributedBatch.Contracts.Api;
using DistributedBatch.Contracts.Json;
using DistributedBatch.Contracts.Runs;

namespace DistributedBatch.Tracker.Tests.Api;

public sealed class ServerEndpointTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact(Timeout = 60_000)]
    public async Task A_server_that_is_well_says_so()
    {
        await using var bench = await ApiBench.StartAsync();

        var server = await AskAsync(bench);

        Assert.Equal((null, null, null), (server.DatabaseProblem, server.BrokerProblem, server.ProducerProblem));
        Assert.Equal(Path.Combine(bench.DataDirectory, "tracker.db"), server.Database);
        Assert.True(server.DiskFreeBytes > 0);
        Assert.Equal(RunAction.Resume, Assert.Single(bench.Producer.Changes).Action);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_server_without_a_producer_says_so_and_answers_all_the_same()
    {
        await using var bench = await ApiBench.StartAsync(withProducer: false);

        var server = await AskAsync(bench);

        Assert.Contains("Is a producer running", server.ProducerProblem, StringComparison.Ordinal);
        Assert.Null(server.DatabaseProblem);
    }

    private static async Task<ServerView> AskAsync(ApiBench bench) =>
        (await bench.Client.GetFromJsonAsync("/api/server", ContractsJson.Default.ServerView, Cancellation))!;
}
