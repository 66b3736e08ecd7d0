namespace DistributedBatch.Contracts.Api;

/// <summary>A token as it is shown: everything but the secret, which nobody keeps.</summary>
/// <param name="Id">Its id, a part of the token itself.</param>
/// <param name="Name">What its maker called it.</param>
/// <param name="Role">What it lets its bearer do.</param>
/// <param name="CreatedAt">When it was made.</param>
/// <param name="ExpiresAt">From when on it is good for nothing; null for never.</param>
public sealed record TokenView(string Id, string Name, TokenRole Role, DateTimeOffset CreatedAt, DateTimeOffset? ExpiresAt);
