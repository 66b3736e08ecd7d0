using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using DistributedBatch.Cli.Commands;
using DistributedBatch.Cli.Sources;
using DistributedBatch.Contracts.Api;
using DistributedBatch.Contracts.Json;

namespace DistributedBatch.Cli.Doctor;

/// <summary>Looks at what a lab needs beside the machine itself: the broker, the server, and clocks that agree.</summary>
internal static class ServiceExamination
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    /// <summary>The server asks its producer, for at most 5 s, before it answers.</summary>
    private static readonly TimeSpan ServerPatience = TimeSpan.FromSeconds(15);

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
            await client.ConnectAsync(url.Host, port, patience.Token);
            if (url.Scheme == "amqps")
                return new Finding("broker", "good", $"{url.Host}:{port} answers");

            // The protocol header of AMQP 0-9-1: a broker answers with Connection.Start, whose first byte says "method frame".
            await client.GetStream().WriteAsync("AMQP\0\0\x09\x01"u8.ToArray(), patience.Token);
            var first = new byte[1];
            var read = await client.GetStream().ReadAsync(first, patience.Token);
            return read == 1 && first[0] == 1
                ? new Finding("broker", "good", $"{url.Host}:{port} speaks AMQP 0-9-1")
                : new Finding("broker", "bad", $"{url.Host}:{port} answers, but not as RabbitMQ", "check the port; 5672 is usual");
        }
        catch (Exception failure) when (failure is SocketException or IOException or OperationCanceledException)
        {
            return new Finding("broker", "bad", $"{url.Host}:{port} does not answer: {failure.Message}", "start RabbitMQ there, open the port in its firewall, or correct the address");
        }
    }

    /// <summary>Whether the server answers and lets us in, how far its clock is from ours, and what it says of itself and its hosts.</summary>
    public static async Task<IReadOnlyList<Finding>> ServerAsync(ServerAddress address, CancellationToken cancellation)
    {
        var findings = new List<Finding>();
        using var server = new ServerConnection(address);
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        patience.CancelAfter(ServerPatience);
        try
        {
            using var response = await server.SendAsync(HttpMethod.Get, "health", null, patience.Token);
            if (await VersionAsync(response, patience.Token) is not { } version)
                return [new("server", "bad", $"{server.Place} answers {(int)response.StatusCode}, and not as a dbatch server", "check the address; look at the log of 'dbatch serve'")];
            findings.Add(ServerFindings.OfVersion(server.Place, VersionCommand.Version, version));
            if (response.Headers.Date is { } theirs)
                findings.Add(ServerFindings.OfClock(TimeProvider.System.GetUtcNow(), theirs));
            if (await ExpiryAsync(address.Url, patience.Token) is { } expires)
                findings.Add(ServerFindings.OfCertificate(TimeProvider.System.GetUtcNow(), expires));
        }
        catch (Exception failure) when (failure is ServerException or OperationCanceledException && !cancellation.IsCancellationRequested)
        {
            var sentence = failure is ServerException ? failure.Message : $"{server.Place} did not answer within {ServerPatience.TotalSeconds:0} s.";
            findings.Add(new Finding("server", "bad", sentence, "start it: dbatch serve --broker amqp://…; or correct the address, or open its port"));
            return findings;
        }

        await InsideAsync(server, findings, patience.Token, cancellation);
        return findings;
    }

    /// <summary>What only those with a token are told.</summary>
    private static async Task InsideAsync(ServerConnection server, List<Finding> findings, CancellationToken patience, CancellationToken cancellation)
    {
        try
        {
            if (await server.GetAsync("api/token", ContractsJson.Default.TokenView, patience) is { } token)
            {
                findings.Add(ServerFindings.OfToken(token, TimeProvider.System.GetUtcNow()));
                if (token.Role == TokenRole.Host)
                    return;
            }

            if (await server.GetAsync("api/server", ContractsJson.Default.ServerView, patience) is not { } view)
            {
                findings.Add(new Finding("server", "note", "it is too old to tell about itself", "upgrade it"));
                return;
            }

            findings.AddRange(ServerFindings.OfServer(view));
            if (await server.GetAsync("api/hosts", ContractsJson.Default.IReadOnlyListHostView, patience) is { } hosts)
                findings.AddRange(ServerFindings.OfHosts(hosts, view.Version, view.Now));
        }
        catch (ServerException failure)
        {
            findings.Add(new Finding("token", "bad", failure.Message, "set DBATCH_TOKEN or DBATCH_TOKEN_FILE; who runs the server has the token"));
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            findings.Add(new Finding("server", "bad", $"{server.Place} answers, but did not look at itself within {ServerPatience.TotalSeconds:0} s", "look at its log and at its database"));
        }
    }

    private static async Task<string?> VersionAsync(HttpResponseMessage response, CancellationToken cancellation)
    {
        try
        {
            await using var stream = await response.Content.ReadAsStreamAsync(cancellation);
            using var health = await JsonDocument.ParseAsync(stream, default, cancellation);
            return response.IsSuccessStatusCode && health.RootElement.ValueKind == JsonValueKind.Object && health.RootElement.TryGetProperty("version", out var version)
                ? version.GetString()
                : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>When the server's certificate expires; null where there is none. Only the date is read here: whether it is to be trusted was decided before.</summary>
    private static async Task<DateTimeOffset?> ExpiryAsync(Uri url, CancellationToken cancellation)
    {
        if (url.Scheme != "https")
            return null;
        DateTimeOffset? expires = null;
        try
        {
            using var client = new TcpClient();
            await client.ConnectAsync(url.Host, url.Port, cancellation);
            await using var tls = new SslStream(client.GetStream(), leaveInnerStreamOpen: false, (_, certificate, _, _) =>
            {
                if (certificate is not null)
                {
                    using var read = X509CertificateLoader.LoadCertificate(certificate.GetRawCertData());
                    expires = new DateTimeOffset(read.NotAfter);
                }

                return false;
            });
            await tls.AuthenticateAsClientAsync(new SslClientAuthenticationOptions { TargetHost = url.Host }, cancellation);
        }
        catch (Exception failure) when (failure is SocketException or IOException or AuthenticationException)
        {
            // Refused on purpose, once the date was seen.
        }

        return expires;
    }
}
