using Microsoft.AspNetCore.Builder;

namespace DistributedBatch.Tracker.Access;

/// <summary>Sets the required role of endpoints.</summary>
internal static class RequiredRoleExtensions
{
    /// <summary>Requires <paramref name="role"/>; null accepts every role.</summary>
    public static TBuilder RequireRole<TBuilder>(this TBuilder endpoint, TokenRole? role)
        where TBuilder : IEndpointConventionBuilder => endpoint.WithMetadata(new RequiredRole(role));
}
