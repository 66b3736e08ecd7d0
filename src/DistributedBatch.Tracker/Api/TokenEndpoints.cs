using System.Text.Json;
using DistributedBatch.Contracts.Json;
using DistributedBatch.Tracker.Access;
using DistributedBatch.Tracker.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace DistributedBatch.Tracker.Api;

/// <summary>Endpoints of tokens. Operators create, list and revoke them; every caller may see its own.</summary>
internal static class TokenEndpoints
{
    private const int MaxNameLength = 100;

    public static void Map(RouteGroupBuilder api)
    {
        api.MapGet("/token", (HttpContext context) => JsonResult.Of(Caller.Of(context).Token, ContractsJson.Default.TokenView))
            .RequireRole(null).WithSummary("The caller's token: its role and expiry.").Produces<TokenView>();
        api.MapGet("/tokens", (TokenStore tokens) => JsonResult.Of(tokens.All, ContractsJson.Default.IReadOnlyListTokenView))
            .RequireRole(TokenRole.Operate).WithSummary("Lists the tokens, without their secrets.").Produces<IReadOnlyList<TokenView>>();
        api.MapPost("/tokens", CreateAsync)
            .RequireRole(TokenRole.Operate).WithSummary("Creates a token. Only this response contains its secret.").Accepts<NewToken>("application/json").Produces<CreatedToken>();
        api.MapDelete("/tokens/{token}", (string token, TokenStore tokens) =>
            JsonResult.OrElse(tokens.Revoke(token), ContractsJson.Default.TokenView, () => Problems.NoToken(token)))
            .RequireRole(TokenRole.Operate).WithSummary("Revokes a token by id or name. It takes effect at once.").Produces<TokenView>();
    }

    private static async Task<IResult> CreateAsync(HttpRequest request, TokenStore tokens, CancellationToken cancellation)
    {
        NewToken? requested;
        try
        {
            requested = await JsonSerializer.DeserializeAsync(request.Body, ContractsJson.Default.NewToken, cancellation);
        }
        catch (JsonException failure)
        {
            return Problems.InvalidRequest($"The body is not a token request: {failure.Message}");
        }

        if (requested is null || requested.Name is { } name && (name.Length is 0 or > MaxNameLength || name.Any(char.IsControl)))
            return Problems.InvalidRequest($"A token needs a role. Its name, if any, has 1 to {MaxNameLength} characters.");
        return tokens.Create(requested) is { } created
            ? Results.Json(created, ContractsJson.Default.CreatedToken, statusCode: StatusCodes.Status201Created)
            : Problems.Refused([$"A token named '{requested.Name}' exists already. Revoke it first, or choose another name."]);
    }
}
