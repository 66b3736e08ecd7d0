namespace DistributedBatch.Contracts.Api;

/// <summary>Request for a token.</summary>
/// <param name="Role">What it shall let its bearer do.</param>
/// <param name="Name">What to call it, unique among tokens; null lets its id be its name.</param>
/// <param name="ExpiresAt">From when on it is good for nothing; null for never.</param>
public sealed record NewToken(TokenRole Role, string? Name = null, DateTimeOffset? ExpiresAt = null);
