using System.Net.Sockets;
using DistributedBatch.Messaging.Connections;
using DistributedBatch.Messaging.Queues;

namespace DistributedBatch.Cli.Doctor;

/// <summary>Checks the broker: its port, then the login and what the broker reports about itself.</summary>
internal static class BrokerCheck
{
    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan LoginTimeout = TimeSpan.FromSeconds(10);

    /// <summary>All findings about the broker.</summary>
    /// <param name="address">Its address, with user and password.</param>
    /// <param name="authority">File with the authorities to trust for <c>amqps://</c>; null for the system's.</param>
    /// <param name="cancellation">Gives up.</param>
    public static async Task<IReadOnlyList<Finding>> RunAsync(string address, string? authority, CancellationToken cancellation)
    {
        var port = await CheckPortAsync(address, cancellation);
        return port.Health == "bad" ? [port] : [port, .. await CheckLoginAsync(address, authority, cancellation)];
    }

    private static async Task<Finding> CheckPortAsync(string address, CancellationToken cancellation)
    {
        if (!Uri.TryCreate(address, UriKind.Absolute, out var url) || url.Scheme is not ("amqp" or "amqps"))
            return new Finding("broker", "bad", $"'{address}' is not a broker address", "write it as amqp://user:password@host:5672");
        var port = url.Port > 0 ? url.Port : url.Scheme == "amqps" ? 5671 : 5672;
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        timeout.CancelAfter(ConnectTimeout);
        try
        {
            using var client = new TcpClient();
            await client.ConnectAsync(url.Host, port, timeout.Token);
            if (url.Scheme == "amqps")
                return new Finding("broker", "good", $"{url.Host}:{port} answers");

            // The protocol header of AMQP 0-9-1. A broker answers with Connection.Start, whose first byte means "method frame".
            await client.GetStream().WriteAsync("AMQP\0\0\x09\x01"u8.ToArray(), timeout.Token);
            var first = new byte[1];
            var read = await client.GetStream().ReadAsync(first, timeout.Token);
            return read == 1 && first[0] == 1
                ? new Finding("broker", "good", $"{url.Host}:{port} speaks AMQP 0-9-1")
                : new Finding("broker", "bad", $"{url.Host}:{port} answers, but not as RabbitMQ", "check the port; 5672 is usual");
        }
        catch (Exception failure) when (failure is SocketException or IOException or OperationCanceledException)
        {
            return new Finding("broker", "bad", $"{url.Host}:{port} does not answer: {failure.Message}", "start RabbitMQ there, open the port in its firewall, or correct the address");
        }
    }

    private static async Task<IReadOnlyList<Finding>> CheckLoginAsync(string address, string? authority, CancellationToken cancellation)
    {
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        timeout.CancelAfter(LoginTimeout);
        try
        {
            var options = new BrokerOptions { Url = new Uri(address), CertificateAuthorityFile = authority };
            return [.. BrokerFindings.Of(await BrokerProbe.LookAsync(options, timeout.Token))];
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return
            [
                new Finding(
                    "broker's login", "bad", $"no answer to the login within {LoginTimeout.TotalSeconds:0} s",
                    "read the broker's log; a stuck node does this, an alarm for memory or disk does not"),
            ];
        }
    }
}
