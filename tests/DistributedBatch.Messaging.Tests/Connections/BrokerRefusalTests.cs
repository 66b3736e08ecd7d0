using DistributedBatch.Messaging.Connections;
using DistributedBatch.Messaging.Tests.Support;

namespace DistributedBatch.Messaging.Tests.Connections;

public sealed class BrokerRefusalTests(PrivateBroker broker)
{
    [Fact(Timeout = 60_000)]
    public async Task A_wrong_password_ends_the_start_with_a_sentence()
    {
        var cancellation = TestContext.Current.CancellationToken;
        var failure = await RefusedAsync(new UriBuilder(broker.Server) { UserName = "mallory", Password = "x" }.Uri, cancellation);

        Assert.Contains("does not accept user 'mallory'", failure, StringComparison.Ordinal);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_missing_vhost_ends_the_start_with_a_sentence()
    {
        var cancellation = TestContext.Current.CancellationToken;
        var failure = await RefusedAsync(new UriBuilder(broker.Server) { Path = "/nowhere" }.Uri, cancellation);

        Assert.Contains("no vhost 'nowhere'", failure, StringComparison.Ordinal);
        Assert.Contains("rabbitmqctl add_vhost", failure, StringComparison.Ordinal);
    }

    [Fact(Timeout = 60_000)]
    public async Task Different_queue_settings_in_one_deployment_end_the_start_with_a_sentence()
    {
        var cancellation = TestContext.Current.CancellationToken;
        var vhost = await broker.NewVhostAsync(cancellation);
        await using var first = await MessagingHost.StartAsync(vhost, cancellation);

        var failure = await Assert.ThrowsAsync<BrokerRefusedException>(() =>
            MessagingHost.StartAsync(vhost, cancellation, options: options => options.DeliveryLimit = 7));

        Assert.Contains("made with other settings", failure.Message, StringComparison.Ordinal);
        Assert.Contains("x-delivery-limit", failure.Message, StringComparison.Ordinal);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_broker_that_does_not_answer_ends_a_start_with_limited_patience()
    {
        var cancellation = TestContext.Current.CancellationToken;
        var nobody = new Uri($"amqp://guest:guest@127.0.0.1:{FreePort.Next()}");
        var failure = await Assert.ThrowsAsync<BrokerRefusedException>(() =>
            MessagingHost.StartAsync(nobody, cancellation, options: options => options.StartPatience = TimeSpan.FromSeconds(1)));

        Assert.Contains("did not answer within 1 s", failure.Message, StringComparison.Ordinal);
    }

    [Fact(Timeout = 60_000)]
    public async Task Tls_works_with_the_authority_named()
    {
        var cancellation = TestContext.Current.CancellationToken;
        await using var messaging = await MessagingHost.StartAsync(
            await TlsAsync(cancellation), cancellation, options: options => options.CertificateAuthorityFile = broker.Certificates?.AuthorityFile);
        await using var buffer = messaging.OpenBuffer("box");

        await messaging.Publisher.PublishAsync(Sample.Chunk(1), cancellation);
        await messaging.Bus.PublishAsync(Sample.Reports(1), cancellation);

        Assert.Equal(1, (await buffer.ReceiveAsync(cancellation)).Chunk.Index);
    }

    [Fact(Timeout = 60_000)]
    public async Task Tls_refuses_a_certificate_of_an_unknown_authority()
    {
        var cancellation = TestContext.Current.CancellationToken;
        var failure = await RefusedAsync(await TlsAsync(cancellation), cancellation);

        Assert.Contains("certificate", failure, StringComparison.Ordinal);
    }

    private static async Task<string> RefusedAsync(Uri url, CancellationToken cancellation) =>
        (await Assert.ThrowsAsync<BrokerRefusedException>(() => MessagingHost.StartAsync(url, cancellation))).Message;

    private async Task<Uri> TlsAsync(CancellationToken cancellation)
    {
        var plain = await broker.NewVhostAsync(cancellation);
        Assert.True(broker.TlsPort > 0, "This test needs a broker with a TLS listener of its own; run it without DBATCH_TEST_AMQP.");
        return new UriBuilder(plain) { Scheme = "amqps", Host = "localhost", Port = broker.TlsPort }.Uri;
    }
}
