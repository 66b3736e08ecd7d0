using DistributedBatch.Contracts.Api;
using Microsoft.AspNetCore.Http;

namespace DistributedBatch.Tracker.Access;

/// <summary>What an endpoint asks of its caller. One that says nothing asks for <c>view</c> to look and <c>operate</c> to change, so a new one is never too open.</summary>
/// <param name="Role">The role; null for any.</param>
internal sealed record NeededRole(TokenRole? Role)
{
    /// <summary>What <paramref name="context"/>'s endpoint asks for; null for any role.</summary>
    public static TokenRole? Of(HttpContext context) =>
        context.GetEndpoint()?.Metadata.GetMetadata<NeededRole>() is { } said ? said.Role
        : HttpMethods.IsGet(context.Request.Method) || HttpMethods.IsHead(context.Request.Method) ? TokenRole.View
        : TokenRole.Operate;
}
