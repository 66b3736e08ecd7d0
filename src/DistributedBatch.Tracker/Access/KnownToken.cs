namespace DistributedBatch.Tracker.Access;

/// <summary>A token in memory, with a signal for what its bearer is in the middle of.</summary>
internal sealed class KnownToken(StoredToken stored) : IDisposable
{
    private readonly CancellationTokenSource revoked = new();

    public StoredToken Stored => stored;

    /// <summary>Cancelled when the token was revoked.</summary>
    public CancellationToken Revoked => revoked.Token;

    /// <summary>Ends every request that it let in.</summary>
    public void End() => revoked.CancelAsync();

    public void Dispose() => revoked.Dispose();
}
