using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace DistributedBatch.Tracker.Api;

/// <summary>Lets a request to <c>/api</c> through when it carries the operator token, from whatever address it comes.</summary>
internal sealed class TokenGate(OperatorToken token)
{
    private const string Scheme = "Bearer ";

    public async Task InvokeAsync(HttpContext context, RequestDelegate next)
    {
        var offered = context.Request.Headers.Authorization.ToString();
        if (offered.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase) && token.Is(offered[Scheme.Length..].Trim()))
        {
            await next(context).ConfigureAwait(false);
            return;
        }

        context.Response.Headers[HeaderNames.WWWAuthenticate] = "Bearer realm=\"dbatch\"";
        await Problems.Unauthorized().ExecuteAsync(context).ConfigureAwait(false);
    }
}
