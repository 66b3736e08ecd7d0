namespace DistributedBatch.Tracker.Access;

/// <summary>A token in memory, with a signal that ends its requests.</summary>
internal sealed class ActiveToken(StoredToken stored) : IDisposable
{
    private readonly CancellationTokenSource revoked = new();

    public StoredToken Stored => stored;

    /// <summary>Cancelled when the token was revoked.</summary>
    public CancellationToken Revoked => revoked.Token;

    /// <summary>Revokes it and ends its requests.</summary>
    public void Revoke() => revoked.CancelAsync();

    public void Dispose() => revoked.Dispose();
}
