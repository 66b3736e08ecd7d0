using System.Net;
using System.Text.Json;

namespace DistributedBatch.Tracker.Tests.Api;

public sealed class HostEndpointsTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact(Timeout = 30_000)]
    public async Task Only_a_host_that_is_offline_can_be_removed_from_the_list()
    {
        await using var server = await TestServer.StartAsync();
        await server.PublishAsync(
            TestData.Heartbeat("ada", DateTimeOffset.UtcNow), TestData.Heartbeat("c0ffee", DateTimeOffset.UtcNow) with { Stopping = true });

        var online = await server.Client.DeleteAsync("/api/hosts/ada", Cancellation);
        var offline = await server.Client.DeleteAsync("/api/hosts/c0ffee", Cancellation);
        var unknown = await server.Client.DeleteAsync("/api/hosts/c0ffee", Cancellation);

        Assert.Equal([HttpStatusCode.Conflict, HttpStatusCode.NoContent, HttpStatusCode.NotFound], new[] { online, offline, unknown }.Select(answer => answer.StatusCode));
        using var problem = JsonDocument.Parse(await online.Content.ReadAsStringAsync(Cancellation));
        Assert.Contains("'ada' is online", problem.RootElement.GetProperty("detail").GetString(), StringComparison.Ordinal);
        Assert.DoesNotContain("c0ffee", await server.Client.GetStringAsync("/api/hosts", Cancellation), StringComparison.Ordinal);
    }
}
