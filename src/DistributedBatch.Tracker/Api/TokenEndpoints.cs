using System.Text.Json;
using DistributedBatch.Contracts.Api;
using DistributedBatch.Contracts.Json;
using DistributedBatch.Tracker.Access;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace DistributedBatch.Tracker.Api;

/// <summary>Tokens: made, listed and revoked by operators. Everybody may ask what his own is.</summary>
internal static class TokenEndpoints
{
    private const int LongestName = 100;

    public static void Map(RouteGroupBuilder api)
    {
        api.MapGet("/token", (HttpContext context) => HttpAnswers.Json(Caller.Of(context).Token, ContractsJson.Default.TokenView))
            .Needs(null).WithSummary("The token that asks: its role, and how long it is good for.").Produces<TokenView>();
        api.MapGet("/tokens", (TokenStore tokens) => HttpAnswers.Json(tokens.All, ContractsJson.Default.IReadOnlyListTokenView))
            .Needs(TokenRole.Operate).WithSummary("Lists the tokens, without their secrets.").Produces<IReadOnlyList<TokenView>>();
        api.MapPost("/tokens", CreateAsync)
            .Needs(TokenRole.Operate).WithSummary("Makes a token. Its secret is in the answer and nowhere else.").Accepts<NewToken>("application/json").Produces<CreatedToken>();
        api.MapDelete("/tokens/{token}", (string token, TokenStore tokens) =>
            HttpAnswers.JsonOr(tokens.Revoke(token), ContractsJson.Default.TokenView, () => Problems.NoToken(token)))
            .Needs(TokenRole.Operate).WithSummary("Revokes a token by id or name, at once.").Produces<TokenView>();
    }

    private static async Task<IResult> CreateAsync(HttpRequest request, TokenStore tokens, CancellationToken cancellation)
    {
        NewToken? wanted;
        try
        {
            wanted = await JsonSerializer.DeserializeAsync(request.Body, ContractsJson.Default.NewToken, cancellation);
        }
        catch (JsonException failure)
        {
            return Problems.Unreadable($"The body is no request for a token: {failure.Message}");
        }

        if (wanted is null || wanted.Name is { } name && (name.Length is 0 or > LongestName || name.Any(char.IsControl)))
            return Problems.Unreadable($"A token has a role, and a name of 1 to {LongestName} characters if it has one.");
        return tokens.Create(wanted) is { } created
            ? Results.Json(created, ContractsJson.Default.CreatedToken, statusCode: StatusCodes.Status201Created)
            : Problems.Refused([$"There is a token '{wanted.Name}' already; revoke it first, or choose another name."]);
    }
}
