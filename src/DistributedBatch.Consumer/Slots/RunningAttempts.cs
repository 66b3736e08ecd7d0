using System.Collections.Concurrent;

namespace DistributedBatch.Consumer.Slots;

/// <summary>What runs on this host now, by slot.</summary>
internal sealed class RunningAttempts
{
    private readonly ConcurrentDictionary<ActiveAttempt, byte> attempts = new();
    private long lastEnd;

    /// <summary>How many run.</summary>
    public int Count => attempts.Count;

    /// <summary>Attempts ended since the start.</summary>
    public long Ended => Interlocked.Read(ref lastEnd);

    /// <summary>All of them, in no order.</summary>
    public IEnumerable<ActiveAttempt> All => attempts.Keys;

    public void Add(ActiveAttempt attempt) => attempts[attempt] = 0;

    public void Remove(ActiveAttempt attempt)
    {
        attempts.TryRemove(attempt, out _);
        Interlocked.Increment(ref lastEnd);
    }

    /// <summary>Stops those that <paramref name="which"/> names.</summary>
    public void Stop(Func<ActiveAttempt, bool> which, AttemptOutcome cause, string reason)
    {
        foreach (var attempt in attempts.Keys.Where(which))
            attempt.Stop(cause, reason);
    }
}
