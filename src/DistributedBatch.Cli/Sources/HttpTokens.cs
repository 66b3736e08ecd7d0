using System.Net.Http.Json;
using System.Text.Json.Serialization.Metadata;
using DistributedBatch.Cli.Servers;
using DistributedBatch.Contracts.Json;

namespace DistributedBatch.Cli.Sources;

/// <summary>The tokens of a server.</summary>
internal sealed class HttpTokens(ServerAddress address) : ITokenSource
{
    private readonly ServerConnection server = new(address);

    /// <inheritdoc/>
    public async Task<CreatedToken> CreateAsync(NewToken wanted, CancellationToken cancellation)
    {
        using var body = JsonContent.Create(wanted, ContractsJson.Default.NewToken);
        return await SendAsync(HttpMethod.Post, "api/tokens", body, ContractsJson.Default.CreatedToken, cancellation);
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<TokenView>> ListAsync(CancellationToken cancellation) =>
        SendAsync(HttpMethod.Get, "api/tokens", null, ContractsJson.Default.IReadOnlyListTokenView, cancellation);

    /// <inheritdoc/>
    public Task<TokenView> RevokeAsync(string idOrName, CancellationToken cancellation) =>
        SendAsync(HttpMethod.Delete, $"api/tokens/{Uri.EscapeDataString(idOrName)}", null, ContractsJson.Default.TokenView, cancellation);

    /// <inheritdoc/>
    public void Dispose() => server.Dispose();

    private async Task<T> SendAsync<T>(HttpMethod method, string path, HttpContent? body, JsonTypeInfo<T> type, CancellationToken cancellation)
    {
        using var response = await server.SendAsync(method, path, body, cancellation);
        await server.EnsureSuccessAsync(response, cancellation);
        return (await response.Content.ReadFromJsonAsync(type, cancellation))!;
    }
}
