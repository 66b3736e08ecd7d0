using DistributedBatch.Contracts.Api;
using Microsoft.AspNetCore.Builder;

namespace DistributedBatch.Tracker.Access;

/// <summary>How endpoints say it.</summary>
internal static class NeededRoleExtensions
{
    /// <summary>Asks for <paramref name="role"/>; null lets every role in.</summary>
    public static TBuilder Needs<TBuilder>(this TBuilder endpoint, TokenRole? role)
        where TBuilder : IEndpointConventionBuilder => endpoint.WithMetadata(new NeededRole(role));
}
