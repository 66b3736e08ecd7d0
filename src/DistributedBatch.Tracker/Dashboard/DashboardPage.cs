using System.Security.Cryptography;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace DistributedBatch.Tracker.Dashboard;

/// <summary>
/// The dashboard: a static page of ES modules in the program, so that it works offline and needs only the tracker. The page asks for the token and uses the public
/// API.
/// </summary>
internal static class DashboardPage
{
    // Everything comes from this server and nothing is inline, so the output of a program can never run as part of the page.
    private const string Policy =
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    private const string Prefix = "page/";

    private static readonly Dictionary<string, string> Types = new(StringComparer.Ordinal)
    {
        [".html"] = "text/html; charset=utf-8",
        [".css"] = "text/css; charset=utf-8",
        [".js"] = "text/javascript; charset=utf-8",
        [".svg"] = "image/svg+xml",
        [""] = "text/plain; charset=utf-8",
    };

    /// <summary>Maps <c>/</c> and <c>/page/…</c>.</summary>
    public static void Map(WebApplication app)
    {
        foreach (var name in Names)
        {
            var file = new Lazy<PageFile>(() => Read(name));
            app.MapGet(name == "index.html" ? "/" : $"/page/{name}", context => SendAsync(context, file.Value)).ExcludeFromDescription();
        }
    }

    /// <summary>The files of the page.</summary>
    public static IEnumerable<string> Names => typeof(DashboardPage).Assembly.GetManifestResourceNames()
        .Where(name => name.StartsWith(Prefix, StringComparison.Ordinal)).Select(name => name[Prefix.Length..]);

    private static PageFile Read(string name)
    {
        using var resource = typeof(DashboardPage).Assembly.GetManifestResourceStream(Prefix + name)!;
        using var bytes = new MemoryStream();
        resource.CopyTo(bytes);
        var body = bytes.ToArray();
        return new PageFile(body, Types[Path.GetExtension(name)], new EntityTagHeaderValue($"\"{Convert.ToHexStringLower(SHA256.HashData(body).AsSpan(0, 12))}\""));
    }

    private static async Task SendAsync(HttpContext context, PageFile file)
    {
        var headers = context.Response.GetTypedHeaders();
        headers.ETag = file.Tag;
        headers.CacheControl = new CacheControlHeaderValue { NoCache = true };
        context.Response.Headers.ContentSecurityPolicy = Policy;
        context.Response.Headers["Cross-Origin-Opener-Policy"] = "same-origin";
        if (context.Request.GetTypedHeaders().IfNoneMatch.Any(known => known.Compare(file.Tag, useStrongComparison: false)))
        {
            context.Response.StatusCode = StatusCodes.Status304NotModified;
            return;
        }

        context.Response.ContentType = file.Type;
        context.Response.ContentLength = file.Body.Length;
        await context.Response.Body.WriteAsync(file.Body, context.RequestAborted);
    }

    private sealed record PageFile(byte[] Body, string Type, EntityTagHeaderValue Tag);
}
