using DistributedBatch.Tracker.Access;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace DistributedBatch.Tracker.Api;

/// <summary>
/// Lets a request to <c>/api</c> through when its token may do what it asks for, from whatever address it comes. Stands behind the routing, because what is
/// needed is written at the endpoint. Whoever has no token is not told what there is.
/// </summary>
internal sealed class TokenGate(OperatorToken operatorToken, TokenStore tokens, RequestLimits limits)
{
    private const string Scheme = "Bearer ";

    public async Task InvokeAsync(HttpContext context, RequestDelegate next)
    {
        if (CallerOf(context.Request.Headers.Authorization.ToString()) is not { } caller)
        {
            context.Response.Headers[HeaderNames.WWWAuthenticate] = "Bearer realm=\"dbatch\"";
            await (limits.MayFail(context) ? Problems.Unauthorized() : Problems.TooMany(context)).ExecuteAsync(context);
            return;
        }

        if (!limits.MayAsk(caller))
        {
            await Problems.TooMany(context).ExecuteAsync(context);
            return;
        }

        if (NeededRole.Of(context) is { } needed && !caller.May(needed))
        {
            await Problems.Forbidden(caller.Token, needed).ExecuteAsync(context);
            return;
        }

        caller.Enter(context);
        using var revoked = caller.Revoked.Register(context.Abort);
        await next(context);
    }

    private Caller? CallerOf(string authorization)
    {
        if (!authorization.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase))
            return null;
        var offered = authorization[Scheme.Length..].Trim();
        if (operatorToken.Is(offered))
            return Caller.Operator;
        return tokens.Find(offered) is { } token ? new Caller(token.Stored.View, token.Revoked) : null;
    }
}
