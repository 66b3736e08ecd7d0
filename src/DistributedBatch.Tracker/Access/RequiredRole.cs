using Microsoft.AspNetCore.Http;

namespace DistributedBatch.Tracker.Access;

/// <summary>The role that an endpoint requires. The default is <c>view</c> for reading and <c>operate</c> for changes, so that a new endpoint is never too open.</summary>
/// <param name="Role">The role; null for any.</param>
internal sealed record RequiredRole(TokenRole? Role)
{
    /// <summary>The role that the endpoint of <paramref name="context"/> requires; null for any role.</summary>
    public static TokenRole? Of(HttpContext context) =>
        context.GetEndpoint()?.Metadata.GetMetadata<RequiredRole>() is { } required ? required.Role
        : HttpMethods.IsGet(context.Request.Method) || HttpMethods.IsHead(context.Request.Method) ? TokenRole.View
        : TokenRole.Operate;
}
