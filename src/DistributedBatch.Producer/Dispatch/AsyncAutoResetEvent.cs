namespace DistributedBatch.Producer.Dispatch;

/// <summary>Ends one pause early. Nudges do not add up: however many came, the pause after the next is a whole one again.</summary>
internal sealed class AsyncAutoResetEvent : IDisposable
{
    private readonly SemaphoreSlim signal = new(0);

    /// <summary>Ends the pause that goes on, or else the next one.</summary>
    public void Give() => signal.Release();

    /// <summary>Pauses for <paramref name="longest"/>, or until there is a nudge.</summary>
    /// <returns>Whether there was one.</returns>
    public async Task<bool> PauseAsync(TimeSpan longest, CancellationToken cancellation)
    {
        var nudged = await signal.WaitAsync(longest, cancellation);
        while (signal.Wait(0, CancellationToken.None))
        {
            // One pause is all that these can end.
        }

        return nudged;
    }

    /// <inheritdoc/>
    public void Dispose() => signal.Dispose();
}
