using DistributedBatch.Tracker.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace DistributedBatch.Tracker.Access;

/// <summary>
/// Authenticates requests to <c>/api</c> by their token and checks the role that the endpoint requires, for every address. It runs after the routing, which finds
/// the endpoint. Without a token the response is the same for existing and missing paths.
/// </summary>
internal sealed class TokenAuthentication(OperatorToken operatorToken, TokenStore tokens, RequestLimits limits)
{
    private const string Scheme = "Bearer ";

    public async Task InvokeAsync(HttpContext context, RequestDelegate next)
    {
        if (CallerOf(context.Request.Headers.Authorization.ToString()) is not { } caller)
        {
            context.Response.Headers[HeaderNames.WWWAuthenticate] = "Bearer realm=\"dbatch\"";
            await (limits.TryCountFailure(context) ? Problems.Unauthorized() : Problems.TooManyRequests(context)).ExecuteAsync(context);
            return;
        }

        if (!limits.TryCountRequest(caller))
        {
            await Problems.TooManyRequests(context).ExecuteAsync(context);
            return;
        }

        if (RequiredRole.Of(context) is var required && !required.Allows(caller))
        {
            await Problems.Forbidden(caller.Token, required.Role!.Value).ExecuteAsync(context);
            return;
        }

        caller.AttachTo(context);
        using var revoked = caller.Revoked.Register(context.Abort);
        await next(context);
    }

    private Caller? CallerOf(string authorization)
    {
        if (!authorization.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase))
            return null;
        var secret = authorization[Scheme.Length..].Trim();
        if (operatorToken.Is(secret))
            return Caller.Operator;
        return tokens.Find(secret) is { } token ? new Caller(token.Stored.View, token.Revoked) : null;
    }
}
