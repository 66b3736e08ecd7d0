namespace DistributedBatch.Producer.Storage;

/// <summary>Whether the ledger can be used, for those who wait for an answer. May be used from any thread.</summary>
/// <param name="time">Clock.</param>
internal sealed class LedgerHealth(TimeProvider time)
{
    private volatile Trouble? current;

    private sealed record Trouble(string Sentence, long Since);

    /// <summary>What is wrong with the ledger, in one or two sentences; null when nothing is.</summary>
    public string? Problem => current?.Sentence;

    /// <summary>How long the ledger has not been usable; zero when it is.</summary>
    public TimeSpan Lasts => current is { } trouble ? time.GetElapsedTime(trouble.Since) : TimeSpan.Zero;

    /// <summary>The ledger could not be used.</summary>
    public void Failed(string sentence) => current = new Trouble(sentence, current?.Since ?? time.GetTimestamp());

    /// <summary>The ledger was used.</summary>
    public void Worked() => current = null;
}
