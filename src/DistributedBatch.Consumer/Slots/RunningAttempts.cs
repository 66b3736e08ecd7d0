using System.Collections.Concurrent;

namespace DistributedBatch.Consumer.Slots;

/// <summary>What runs on this host now, and what it got done so far.</summary>
internal sealed class RunningAttempts(TimeProvider time)
{
    private readonly ConcurrentDictionary<ActiveAttempt, byte> attempts = new();
    private readonly Lock turn = new();
    private long changedAt = time.GetTimestamp();
    private int count;
    private TimeSpan busy;
    private long chunks;
    private long items;
    private TimeSpan attemptTime;
    private TimeSpan cpuTime;

    /// <summary>How many run.</summary>
    public int Count => Volatile.Read(ref count);

    /// <summary>All of them, in no order.</summary>
    public IEnumerable<ActiveAttempt> All => attempts.Keys;

    /// <summary>What was done so far.</summary>
    public WorkTotals Done()
    {
        lock (turn)
        {
            Change(by: 0);
            return new WorkTotals(busy, chunks, items, attemptTime, cpuTime);
        }
    }

    public void Add(ActiveAttempt attempt)
    {
        attempts[attempt] = 0;
        lock (turn)
            Change(by: 1);
    }

    /// <summary>Takes an attempt away that ended with <paramref name="report"/>; null for one that came to nothing.</summary>
    public void Remove(ActiveAttempt attempt, AttemptReport? report)
    {
        attempts.TryRemove(attempt, out _);
        lock (turn)
        {
            Change(by: -1);
            chunks++;
            if (report is null)
                return;
            items += report.Outcome == AttemptOutcome.Succeeded ? attempt.Chunk.Count : 0;
            attemptTime += report.Duration;
            cpuTime += report.CpuTime;
        }
    }

    /// <summary>Stops those that <paramref name="which"/> names.</summary>
    public void Stop(Func<ActiveAttempt, bool> which, AttemptOutcome cause, string reason)
    {
        foreach (var attempt in attempts.Keys.Where(which))
            attempt.Stop(cause, reason);
    }

    private void Change(int by)
    {
        var now = time.GetTimestamp();
        busy += count * time.GetElapsedTime(changedAt, now);
        changedAt = now;
        count += by;
    }
}
