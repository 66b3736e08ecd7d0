using System.Globalization;
using System.Net.Sockets;
using DistributedBatch.Cli.Options;
using DistributedBatch.Cli.Sources;

namespace DistributedBatch.Cli.Doctor;

/// <summary>Looks at what a lab needs beside the machine itself: the broker, the server, and clocks that agree.</summary>
internal static class ServiceExamination
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan ClockTolerance = TimeSpan.FromSeconds(5);

    /// <summary>Whether the broker's port answers, and speaks AMQP.</summary>
    public static async Task<Finding> BrokerAsync(string broker, CancellationToken cancellation)
    {
        if (!Uri.TryCreate(broker, UriKind.Absolute, out var url) || url.Scheme is not ("amqp" or "amqps"))
            return new Finding("broker", "bad", $"'{broker}' is no broker address", "write it as amqp://user:password@host:5672");
        var port = url.Port > 0 ? url.Port : url.Scheme == "amqps" ? 5671 : 5672;
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        patience.CancelAfter(Patience);
        try
        {
            using var client = new TcpClient();
            await client.ConnectAsync(url.Host, port, patience.Token).ConfigureAwait(false);
            if (url.Scheme == "amqps")
                return new Finding("broker", "good", $"{url.Host}:{port} answers");

            // The protocol header of AMQP 0-9-1: a broker answers with Connection.Start, whose first byte says "method frame".
            await client.GetStream().WriteAsync("AMQP\0\0\x09\x01"u8.ToArray(), patience.Token).ConfigureAwait(false);
            var first = new byte[1];
            var read = await client.GetStream().ReadAsync(first, patience.Token).ConfigureAwait(false);
            return read == 1 && first[0] == 1
                ? new Finding("broker", "good", $"{url.Host}:{port} speaks AMQP 0-9-1")
                : new Finding("broker", "bad", $"{url.Host}:{port} answers, but not as RabbitMQ", "check the port; 5672 is usual");
        }
        catch (Exception failure) when (failure is SocketException or IOException or OperationCanceledException)
        {
            return new Finding("broker", "bad", $"{url.Host}:{port} does not answer: {failure.Message}", "start RabbitMQ there, open the port in its firewall, or correct the address");
        }
    }

    /// <summary>Whether the server answers, and how far its clock is from ours.</summary>
    public static async Task<IReadOnlyList<Finding>> ServerAsync(ServerAddress address, CancellationToken cancellation)
    {
        try
        {
            using var server = new ServerConnection(address);
            using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            patience.CancelAfter(Patience);
            using var response = await server.SendAsync(HttpMethod.Get, "health", null, patience.Token).ConfigureAwait(false);
            var findings = new List<Finding>
            {
                response.IsSuccessStatusCode
                    ? new("server", "good", $"{server.Place} answers")
                    : new("server", "bad", $"{server.Place} answers {(int)response.StatusCode}", "look at the log of 'dbatch serve'"),
            };
            if (response.Headers.Date is { } theirs)
            {
                var apart = (TimeProvider.System.GetUtcNow() - theirs).Duration();
                findings.Add(apart > ClockTolerance
                    ? new Finding("clock", "note", string.Create(CultureInfo.InvariantCulture, $"{DurationText.Show(apart)} apart from the server's"), "set the clocks by NTP: timedatectl set-ntp true")
                    : new Finding("clock", "good", "agrees with the server's"));
            }

            return findings;
        }
        catch (Exception failure) when (failure is ServerException or OperationCanceledException)
        {
            return [new Finding("server", "bad", failure.Message, "start it: dbatch serve --broker amqp://…")];
        }
    }
}
