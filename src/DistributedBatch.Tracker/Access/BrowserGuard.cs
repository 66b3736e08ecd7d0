using Microsoft.AspNetCore.Http;

namespace DistributedBatch.Tracker.Access;

/// <summary>
/// What browsers are told, and what is not taken from them. A page of another site can make a browser send requests here; it has no token to send along, which
/// is what the dashboard's safety rests on, and so there is no cookie anywhere. That such requests are refused before they are looked at is a second lock.
/// </summary>
internal static class BrowserGuard
{
    /// <summary>For everything that is not the page itself, whatever a program may have written into it.</summary>
    private const string NothingRuns = "default-src 'none'; frame-ancestors 'none'; sandbox";

    /// <summary>Sets the headers and refuses changes that another site asks for.</summary>
    public static Task InvokeAsync(HttpContext context, RequestDelegate next)
    {
        var headers = context.Response.Headers;
        headers.XContentTypeOptions = "nosniff";
        headers.XFrameOptions = "DENY";
        headers.ContentSecurityPolicy = NothingRuns;
        headers["Referrer-Policy"] = "no-referrer";
        headers["Cross-Origin-Resource-Policy"] = "same-origin";
        if (context.Request.IsHttps)
            headers.StrictTransportSecurity = "max-age=31536000";
        return IsFromElsewhere(context.Request) ? Api.Problems.CrossSite().ExecuteAsync(context) : next(context);
    }

    private static bool IsFromElsewhere(HttpRequest request)
    {
        if (HttpMethods.IsGet(request.Method) || HttpMethods.IsHead(request.Method))
            return false;
        var site = request.Headers["Sec-Fetch-Site"].ToString();
        if (site.Length > 0)
            return site is not ("same-origin" or "none");

        // Older browsers only say where the page is from; programs that are no browser say nothing.
        return request.Headers.Origin.ToString() is { Length: > 0 } origin
            && !(Uri.TryCreate(origin, UriKind.Absolute, out var page) && string.Equals(page.Authority, request.Host.Value, StringComparison.OrdinalIgnoreCase));
    }
}
