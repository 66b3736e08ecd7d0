namespace DistributedBatch.Producer.Outbox;

/// <summary>An event that ends one wait. Signals do not accumulate.</summary>
internal sealed class AsyncAutoResetEvent : IDisposable
{
    private readonly SemaphoreSlim signal = new(0);

    /// <summary>Ends the present wait, or else the next one.</summary>
    public void Set() => signal.Release();

    /// <summary>Waits for a signal, at most for <paramref name="timeout"/>.</summary>
    /// <returns>Whether there was one.</returns>
    public async Task<bool> WaitAsync(TimeSpan timeout, CancellationToken cancellation)
    {
        var signalled = await signal.WaitAsync(timeout, cancellation);
        while (signal.Wait(0, CancellationToken.None))
        {
            // All signals so far end this one wait.
        }

        return signalled;
    }

    /// <inheritdoc/>
    public void Dispose() => signal.Dispose();
}
