using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using DistributedBatch.Cli.Servers;
using DistributedBatch.Cli.Text;
using DistributedBatch.Contracts.Json;

namespace DistributedBatch.Cli.Doctor;

/// <summary>Checks a server: its version, certificate, clock, token, database, broker and hosts.</summary>
internal static class ServerCheck
{
    /// <summary>The server waits up to 5 s for its producer before it answers.</summary>
    private static readonly TimeSpan AnswerTimeout = TimeSpan.FromSeconds(15);

    /// <summary>All findings about the server at <paramref name="address"/>.</summary>
    public static async Task<IReadOnlyList<Finding>> RunAsync(ServerAddress address, CancellationToken cancellation)
    {
        var findings = new List<Finding>();
        using var server = new ServerConnection(address);
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        timeout.CancelAfter(AnswerTimeout);
        try
        {
            using var response = await server.SendAsync(HttpMethod.Get, "health", null, timeout.Token);
            if (await VersionAsync(response, timeout.Token) is not { } version)
                return [new("server", "bad", $"{server.Location} answers {(int)response.StatusCode}, but not as a dbatch server", "check the address; read the log of 'dbatch serve'")];
            findings.Add(ServerFindings.OfVersion(server.Location, ProgramVersion.Text, version));
            if (response.Headers.Date is { } theirs)
                findings.Add(ServerFindings.OfClock(TimeProvider.System.GetUtcNow(), theirs));
            if (await ExpiryAsync(address.Url, timeout.Token) is { } expires)
                findings.Add(ServerFindings.OfCertificate(TimeProvider.System.GetUtcNow(), expires));
        }
        catch (Exception failure) when (failure is ServerException or OperationCanceledException && !cancellation.IsCancellationRequested)
        {
            var sentence = failure is ServerException ? failure.Message : $"{server.Location} did not answer within {AnswerTimeout.TotalSeconds:0} s.";
            findings.Add(new Finding("server", "bad", sentence, "start the server: dbatch serve --broker amqp://…; or correct the address, or open its port"));
            return findings;
        }

        await CheckInsideAsync(server, findings, timeout.Token, cancellation);
        return findings;
    }

    /// <summary>The checks that need a token.</summary>
    private static async Task CheckInsideAsync(ServerConnection server, List<Finding> findings, CancellationToken timeout, CancellationToken cancellation)
    {
        try
        {
            if (await server.GetAsync("api/token", ContractsJson.Default.TokenView, timeout) is { } token)
            {
                findings.Add(ServerFindings.OfToken(token, TimeProvider.System.GetUtcNow()));
                if (token.Role == TokenRole.Host)
                    return;
            }

            if (await server.GetAsync("api/server", ContractsJson.Default.ServerView, timeout) is not { } view)
            {
                findings.Add(new Finding("server", "note", "its version is too old for these checks", "upgrade the server"));
                return;
            }

            findings.AddRange(ServerFindings.OfServer(view));
            if (await server.GetAsync("api/hosts", ContractsJson.Default.IReadOnlyListHostView, timeout) is { } hosts)
                findings.AddRange(ServerFindings.OfHosts(hosts, view.Version, view.Now));
        }
        catch (ServerException failure)
        {
            findings.Add(new Finding("token", "bad", failure.Message, "set DBATCH_TOKEN or DBATCH_TOKEN_FILE; the administrator of the server has the token"));
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            findings.Add(new Finding("server", "bad", $"{server.Location} answers, but not to these checks within {AnswerTimeout.TotalSeconds:0} s", "read its log and check its database"));
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

    /// <summary>When the server's certificate expires; null without https. The trust in the certificate was checked before.</summary>
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
            // The callback refuses the connection once it has the date.
        }

        return expires;
    }
}
