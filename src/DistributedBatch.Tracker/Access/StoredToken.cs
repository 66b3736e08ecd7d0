using DistributedBatch.Contracts.Api;

namespace DistributedBatch.Tracker.Access;

/// <summary>A token as it is kept.</summary>
/// <param name="View">What is shown of it.</param>
/// <param name="Hash">SHA-256 of the whole token. Its secret is random and long, so nothing slower is needed.</param>
internal sealed record StoredToken(TokenView View, byte[] Hash);
