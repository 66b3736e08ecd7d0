using Microsoft.AspNetCore.Http;

namespace DistributedBatch.Tracker.Access;

/// <summary>The role that an endpoint requires. The default is <c>view</c> for reading and <c>operate</c> for changes, so that a new endpoint is never too open.</summary>
/// <param name="Role">The role; null for any.</param>
/// <param name="SubmittersToo">Whether submitters may call it too, for runs of their own. The endpoint itself checks whose run it is.</param>
internal sealed record RequiredRole(TokenRole? Role, bool SubmittersToo = false)
{
    /// <summary>What the endpoint of <paramref name="context"/> requires.</summary>
    public static RequiredRole Of(HttpContext context) =>
        context.GetEndpoint()?.Metadata.GetMetadata<RequiredRole>() is { } required ? required
        : HttpMethods.IsGet(context.Request.Method) || HttpMethods.IsHead(context.Request.Method) ? new RequiredRole(TokenRole.View)
        : new RequiredRole(TokenRole.Operate);

    /// <summary>Whether the endpoint takes requests of <paramref name="caller"/>.</summary>
    public bool Allows(Caller caller) => Role is not { } role || caller.May(role) || (SubmittersToo && caller.May(TokenRole.Submit));
}
