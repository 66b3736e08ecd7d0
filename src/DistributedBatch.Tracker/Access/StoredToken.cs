namespace DistributedBatch.Tracker.Access;

/// <summary>A token in the file.</summary>
/// <param name="View">The token without its secret.</param>
/// <param name="Hash">SHA-256 of the whole token. The secret is long and random, so no slower hash is needed.</param>
internal sealed record StoredToken(TokenView View, byte[] Hash);
