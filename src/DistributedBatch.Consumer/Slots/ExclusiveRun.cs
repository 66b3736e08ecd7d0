namespace DistributedBatch.Consumer.Slots;

/// <summary>
/// Lets one attempt run with nothing beside it. A chunk that kills its hosts at once cannot be told from what runs beside it each time; so the last chance
/// of a chunk is one alone, and no neighbour of it is ever failed for what it did.
/// </summary>
internal sealed class ExclusiveRun
{
    private int taken;

    /// <summary>Told why the host's slots are to close; null when they may open again.</summary>
    public Action<string?>? Changed { get; set; }

    /// <summary>Completes when no slot runs or waits but the one with the number.</summary>
    public Func<int, Task>? OthersIdle { get; set; }

    /// <summary>Completes when the attempt is alone, or is to be stopped; <see cref="Leave"/> must follow.</summary>
    /// <returns>False when another attempt has the host for itself.</returns>
    public async Task<bool> EnterAsync(ActiveAttempt attempt)
    {
        if (Interlocked.Exchange(ref taken, 1) != 0)
            return false;
        var hosts = attempt.LostHosts == 1 ? "host" : "hosts";
        Changed?.Invoke($"chunk {attempt.Chunk.Index} of run {attempt.Chunk.Run} runs alone, because it was lost with {attempt.LostHosts} {hosts} and may be what kills them");
        await (OthersIdle?.Invoke(attempt.Slot) ?? Task.CompletedTask).WaitAsync(attempt.Stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return true;
    }

    /// <summary>The attempt is over.</summary>
    public void Leave()
    {
        Changed?.Invoke(null);
        Volatile.Write(ref taken, 0);
    }
}
