using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace DistributedBatch.Tracker.Http;

/// <summary>JSON responses.</summary>
internal static class JsonResult
{
    /// <summary>A JSON body.</summary>
    public static IResult Of<T>(T value, JsonTypeInfo<T> type) => new JsonResult<T>(value, type);

    /// <summary>A JSON body, or another response when there is none.</summary>
    public static IResult OrElse<T>(T? value, JsonTypeInfo<T> type, Func<IResult> otherwise)
        where T : class => value is null ? otherwise() : new JsonResult<T>(value, type);
}

/// <summary>A JSON body with an <c>ETag</c> made from it. A client that polls and has the body already gets 304 and no body.</summary>
/// <typeparam name="T">The type of the body.</typeparam>
/// <param name="value">The body.</param>
/// <param name="type">How it is serialized.</param>
internal sealed class JsonResult<T>(T value, JsonTypeInfo<T> type) : IResult
{
    /// <inheritdoc/>
    public async Task ExecuteAsync(HttpContext httpContext)
    {
        var body = JsonSerializer.SerializeToUtf8Bytes(value, type);
        var tag = new EntityTagHeaderValue($"\"{Convert.ToHexStringLower(SHA256.HashData(body).AsSpan(0, 12))}\"");
        var headers = httpContext.Response.GetTypedHeaders();
        headers.ETag = tag;
        headers.CacheControl = new CacheControlHeaderValue { NoCache = true, Private = true };
        if (httpContext.Request.GetTypedHeaders().IfNoneMatch.Any(known => known.Compare(tag, useStrongComparison: false)))
        {
            httpContext.Response.StatusCode = StatusCodes.Status304NotModified;
            return;
        }

        httpContext.Response.ContentType = "application/json; charset=utf-8";
        httpContext.Response.ContentLength = body.Length;
        await httpContext.Response.Body.WriteAsync(body, httpContext.RequestAborted);
    }
}
