using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using DistributedBatch.Cli.Output;
using DistributedBatch.Messaging.Connections;

namespace DistributedBatch.Cli.Servers;

/// <summary>HTTP requests to a server; every failure becomes a sentence.</summary>
internal sealed class ServerConnection : IDisposable
{
    /// <summary>Limit for the headers of a response. A cable that was pulled out ends no connection.</summary>
    private static readonly TimeSpan LongestAnswer = TimeSpan.FromMinutes(2);

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

    /// <summary>The server's address, for messages.</summary>
    public string Location => url.AbsoluteUri.TrimEnd('/');

    /// <summary>Sends a request. The caller reads a refusal from the response.</summary>
    /// <exception cref="ServerException">The server cannot be reached, or the token is wrong.</exception>
    public async Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, HttpContent? body, CancellationToken cancellation)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        if (body is null) // else it depends on the size of the body how long it takes
            limit.CancelAfter(LongestAnswer);
        try
        {
            using var request = new HttpRequestMessage(method, path) { Content = body };
            var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, limit.Token);
            if (response.StatusCode != HttpStatusCode.Unauthorized)
                return response;
            response.Dispose();
            throw new ServerException(
                client.DefaultRequestHeaders.Authorization is null
                    ? $"{Location} needs a token: set DBATCH_TOKEN or DBATCH_TOKEN_FILE. The token is in the file 'token' of the server's data directory."
                    : $"{Location} does not accept the token. The token is in the file 'token' of the server's data directory.",
                ExitCode.WrongUsage);
        }
        catch (HttpRequestException failure)
        {
            throw Unreachable(Reason(failure));
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            throw Unreachable("it does not answer");
        }
    }

    /// <summary>Reads the body of a response. A body that breaks off, because the server ends or the connection is cut, is an outage too.</summary>
    /// <exception cref="ServerException">The body broke off.</exception>
    public async Task<T> ReadBodyAsync<T>(Func<Task<T>> read)
    {
        try
        {
            return await read();
        }
        catch (Exception failure) when (failure is HttpIOException or HttpRequestException || failure.InnerException is HttpIOException or SocketException)
        {
            throw Unreachable("the connection broke off");
        }
    }

    /// <summary>Reads JSON; null when the server answers 404.</summary>
    public async Task<T?> GetAsync<T>(string path, JsonTypeInfo<T> type, CancellationToken cancellation)
        where T : class
    {
        using var response = await SendAsync(HttpMethod.Get, path, body: null, cancellation);
        if (response.StatusCode == HttpStatusCode.NotFound)
            return null;
        await EnsureSuccessAsync(response, cancellation);
        await using var stream = await response.Content.ReadAsStreamAsync(cancellation);
        try
        {
            return await ReadBodyAsync(async () => await JsonSerializer.DeserializeAsync(stream, type, cancellation));
        }
        catch (JsonException)
        {
            throw new ServerException($"{Location} answers, but not as a dbatch server of this version. Is the address right?", ExitCode.Unreachable);
        }
    }

    /// <summary>Returns when the response is a success.</summary>
    /// <exception cref="ServerException">The response is a refusal; the message is the server's.</exception>
    public async Task EnsureSuccessAsync(HttpResponseMessage response, CancellationToken cancellation)
    {
        if (!response.IsSuccessStatusCode)
            throw new ServerException((await ProblemAsync(response, cancellation)).Sentence, ExitCodeOf(response));
    }

    /// <summary>Reads the refusal from a response that is not a success.</summary>
    public async Task<ServerProblem> ProblemAsync(HttpResponseMessage response, CancellationToken cancellation)
    {
        try
        {
            await using var stream = await response.Content.ReadAsStreamAsync(cancellation);
            if (await JsonSerializer.DeserializeAsync(stream, ServerProblemContext.Default.ServerProblem, cancellation) is { } problem)
                return problem;
        }
        catch (JsonException)
        {
            // Something else answered, such as a proxy; only the status code is known.
        }

        return new ServerProblem($"{Location} answered {(int)response.StatusCode} {response.ReasonPhrase}.", null, null);
    }

    /// <summary>The exit code for a refusal.</summary>
    public static int ExitCodeOf(HttpResponseMessage response) => (int)response.StatusCode >= 500 ? ExitCode.Unreachable : ExitCode.WrongUsage;

    /// <inheritdoc/>
    public void Dispose() => client.Dispose();

    private ServerException Unreachable(string reason) =>
        new($"Cannot reach the server {Location}: {reason}.", ExitCode.Unreachable, "Check that 'dbatch serve' runs there and that the address is right.");

    private static string Reason(HttpRequestException failure) => failure.InnerException switch
    {
        SocketException { SocketErrorCode: SocketError.ConnectionRefused } => "connection refused",
        SocketException { SocketErrorCode: SocketError.HostNotFound or SocketError.TryAgain or SocketError.NoData } => "unknown host",
        AuthenticationException => "this machine does not trust its certificate; name the lab's authority with --ca FILE or DBATCH_CA",
        { } inner => inner.Message.TrimEnd('.'),
        null => failure.Message.TrimEnd('.'),
    };
}
