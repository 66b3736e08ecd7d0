namespace DistributedBatch.Contracts.Api;

/// <summary>A token that was made just now. This is the only time that its secret is seen.</summary>
/// <param name="Token">What to send as <c>Authorization: Bearer …</c>.</param>
/// <param name="View">The rest.</param>
public sealed record CreatedToken(string Token, TokenView View);
