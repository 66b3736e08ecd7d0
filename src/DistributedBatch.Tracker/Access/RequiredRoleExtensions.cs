using Microsoft.AspNetCore.Builder;

namespace DistributedBatch.Tracker.Access;

/// <summary>Sets the required role of endpoints.</summary>
internal static class RequiredRoleExtensions
{
    /// <summary>Requires <paramref name="role"/>; null accepts every role.</summary>
    public static TBuilder RequireRole<TBuilder>(this TBuilder endpoint, TokenRole? role)
        where TBuilder : IEndpointConventionBuilder => endpoint.WithMetadata(new RequiredRole(role));

    /// <summary>Requires an operator, or the submitter of the run. The endpoint checks the latter with <see cref="Caller.MayControl"/>.</summary>
    public static TBuilder RequireControl<TBuilder>(this TBuilder endpoint)
        where TBuilder : IEndpointConventionBuilder => endpoint.WithMetadata(new RequiredRole(TokenRole.Operate, SubmittersToo: true));
}
