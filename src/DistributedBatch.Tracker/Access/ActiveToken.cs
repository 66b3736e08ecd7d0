namespace DistributedBatch.Tracker.Access;

/// <summary>A token in memory, with a signal that ends its requests.</summary>
internal sealed class ActiveToken : IDisposable
{
    // The longest time that a timer takes; no request lasts that long.
    private static readonly TimeSpan LongestTimer = TimeSpan.FromDays(49);

    private readonly CancellationTokenSource ended;

    /// <summary>The token, whose requests end when it expires.</summary>
    public ActiveToken(StoredToken stored, TimeProvider time)
    {
        Stored = stored;
        var left = stored.View.ExpiresAt - time.GetUtcNow();
        ended = left is { } lasts && lasts < LongestTimer
            ? new CancellationTokenSource(lasts > TimeSpan.Zero ? lasts : TimeSpan.Zero, time)
            : new CancellationTokenSource();
    }

    public StoredToken Stored { get; }

    /// <summary>Cancelled when the token was revoked, or has expired.</summary>
    public CancellationToken Revoked => ended.Token;

    /// <summary>Revokes it and ends its requests.</summary>
    public void Revoke() => ended.CancelAsync();

    public void Dispose() => ended.Dispose();
}
