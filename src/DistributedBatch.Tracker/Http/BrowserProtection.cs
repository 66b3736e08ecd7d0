using Microsoft.AspNetCore.Http;

namespace DistributedBatch.Tracker.Http;

/// <summary>
/// Protects browsers: sets the security headers, and rejects changes that a page of another site requests. Such a page has no token, and there are no cookies, so
/// the token already protects the dashboard. The rejection is a second protection.
/// </summary>
internal static class BrowserProtection
{
    /// <summary>For all responses but the page itself: even outputs of programs cannot run as scripts.</summary>
    private const string NoScripts = "default-src 'none'; frame-ancestors 'none'; sandbox";

    /// <summary>Sets the headers and rejects cross-site changes.</summary>
    public static Task InvokeAsync(HttpContext context, RequestDelegate next)
    {
        var headers = context.Response.Headers;
        headers.XContentTypeOptions = "nosniff";
        headers.XFrameOptions = "DENY";
        headers.ContentSecurityPolicy = NoScripts;
        headers["Referrer-Policy"] = "no-referrer";
        headers["Cross-Origin-Resource-Policy"] = "same-origin";
        if (context.Request.IsHttps)
            headers.StrictTransportSecurity = "max-age=31536000";
        return IsCrossSite(context.Request) ? Problems.CrossSite().ExecuteAsync(context) : next(context);
    }

    private static bool IsCrossSite(HttpRequest request)
    {
        if (HttpMethods.IsGet(request.Method) || HttpMethods.IsHead(request.Method))
            return false;
        var site = request.Headers["Sec-Fetch-Site"].ToString();
        if (site.Length > 0)
            return site is not ("same-origin" or "none");

        // Older browsers send only the origin of the page. Programs that are not browsers send neither header.
        return request.Headers.Origin.ToString() is { Length: > 0 } origin
            && !(Uri.TryCreate(origin, UriKind.Absolute, out var page) && string.Equals(page.Authority, request.Host.Value, StringComparison.OrdinalIgnoreCase));
    }
}
