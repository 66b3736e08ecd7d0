using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using DistributedBatch.Cli.CommandLine;
using DistributedBatch.Cli.Output;
using DistributedBatch.Messaging.Connections;

namespace DistributedBatch.Cli.Sources;

/// <summary>Speaks HTTP with a server and turns every refusal into a sentence.</summary>
internal sealed class ServerConnection : IDisposable
{
    private readonly HttpClient client;
    private readonly Uri url;

    /// <summary>A connection to <paramref name="address"/>; nothing is sent yet.</summary>
    public ServerConnection(ServerAddress address)
    {
        url = address.Url;
        client = TrustedAuthorities.ClientOf(url, address.Authority);
        if (address.Token is { } token)
            client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
    }

    /// <summary>Where it is.</summary>
    public string Place => url.AbsoluteUri.TrimEnd('/');

    /// <summary>Sends a request whose answer may be a refusal the caller reads itself.</summary>
    /// <exception cref="ServerException">The server cannot be reached, or the token is wrong.</exception>
    public async Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, HttpContent? body, CancellationToken cancellation)
    {
        try
        {
            using var request = new HttpRequestMessage(method, path) { Content = body };
            var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellation);
            if (response.StatusCode != HttpStatusCode.Unauthorized)
                return response;
            response.Dispose();
            throw new ServerException(
                client.DefaultRequestHeaders.Authorization is null
                    ? $"{Place} wants a token: set DBATCH_TOKEN or DBATCH_TOKEN_FILE to what is in the file 'token' of the server's data directory."
                    : $"{Place} does not know the token; it is in the file 'token' of the server's data directory.",
                ExitCode.WrongUsage);
        }
        catch (HttpRequestException failure)
        {
            throw new ServerException(
                $"Cannot reach the server {Place}: {Reason(failure)}. Is 'dbatch serve' running there, and is the address right?", ExitCode.Unreachable);
        }
    }

    /// <summary>Asks for JSON; null when there is no such thing.</summary>
    public async Task<T?> GetAsync<T>(string path, JsonTypeInfo<T> type, CancellationToken cancellation)
        where T : class
    {
        using var response = await SendAsync(HttpMethod.Get, path, body: null, cancellation);
        if (response.StatusCode == HttpStatusCode.NotFound)
            return null;
        await ThrowUnlessGoodAsync(response, cancellation);
        await using var stream = await response.Content.ReadAsStreamAsync(cancellation);
        try
        {
            return await JsonSerializer.DeserializeAsync(stream, type, cancellation);
        }
        catch (JsonException)
        {
            throw new ServerException($"{Place} answers, but not as a dbatch server of this version. Is the address right?", ExitCode.Unreachable);
        }
    }

    /// <summary>Returns when a response is a success.</summary>
    /// <exception cref="ServerException">It is a refusal, in the server's own words.</exception>
    public async Task ThrowUnlessGoodAsync(HttpResponseMessage response, CancellationToken cancellation)
    {
        if (!response.IsSuccessStatusCode)
            throw new ServerException((await ProblemAsync(response, cancellation)).Sentence, ExitCodeOf(response));
    }

    /// <summary>The refusal in a response that is not a success.</summary>
    public async Task<ServerProblem> ProblemAsync(HttpResponseMessage response, CancellationToken cancellation)
    {
        try
        {
            await using var stream = await response.Content.ReadAsStreamAsync(cancellation);
            if (await JsonSerializer.DeserializeAsync(stream, CliJson.Default.ServerProblem, cancellation) is { } problem)
                return problem;
        }
        catch (JsonException)
        {
            // Not ours: a proxy, say. Its status is all there is to tell.
        }

        return new ServerProblem($"{Place} answered {(int)response.StatusCode} {response.ReasonPhrase}.", null, null);
    }

    /// <summary>What a refusal means to the shell.</summary>
    public static int ExitCodeOf(HttpResponseMessage response) => (int)response.StatusCode >= 500 ? ExitCode.Unreachable : ExitCode.WrongUsage;

    /// <inheritdoc/>
    public void Dispose() => client.Dispose();

    private static string Reason(HttpRequestException failure) => failure.InnerException switch
    {
        SocketException { SocketErrorCode: SocketError.ConnectionRefused } => "nobody listens there",
        SocketException { SocketErrorCode: SocketError.HostNotFound or SocketError.TryAgain or SocketError.NoData } => "there is no such host",
        AuthenticationException => "its certificate is not trusted here; name the lab's authority with --ca FILE or DBATCH_CA",
        { } inner => inner.Message.TrimEnd('.'),
        null => failure.Message.TrimEnd('.'),
    };
}
