using System.Net;
using DistributedBatch.TestKit.Network;
using DistributedBatch.Tracker.Notifications;

namespace DistributedBatch.Tracker.Tests.Notifications;

public sealed class NotificationConnectionTests
{
    [Theory]
    [InlineData("127.0.0.1", true)]
    [InlineData("127.8.9.1", true)]
    [InlineData("0.0.0.0", true)]
    [InlineData("169.254.169.254", true)]
    [InlineData("::1", true)]
    [InlineData("::", true)]
    [InlineData("fe80::1", true)]
    [InlineData("::ffff:127.0.0.1", true)]
    [InlineData("10.0.0.5", false)]
    [InlineData("192.168.1.7", false)]
    [InlineData("2001:db8::1", false)]
    public void Loopback_and_link_local_addresses_are_local(string address, bool isLocal) =>
        Assert.Equal(isLocal, NotificationConnection.IsLocal(IPAddress.Parse(address)));

    [Fact(Timeout = 30_000)]
    public async Task A_name_of_this_machine_is_reached_only_where_that_is_allowed()
    {
        using var receiver = new HttpCatcher();
        var address = new UriBuilder(receiver.Address) { Host = "localhost" }.Uri;
        using var open = Client(allowsLocal: true);
        using var closed = Client(allowsLocal: false);

        using var answer = await open.PostAsync(address, null, TestContext.Current.CancellationToken);
        var refused = await Assert.ThrowsAsync<HttpRequestException>(() => closed.PostAsync(address, null, TestContext.Current.CancellationToken));

        Assert.Contains("--notify-local", refused.Message, StringComparison.Ordinal);
    }

    private static HttpClient Client(bool allowsLocal) => new(new SocketsHttpHandler { ConnectCallback = new NotificationConnection(allowsLocal).ConnectAsync });
}
