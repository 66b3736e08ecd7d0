using System.Collections.Concurrent;

namespace DistributedBatch.Consumer.Attempts;

/// <summary>The attempts that run on this host now, and totals of those that ended.</summary>
internal sealed class RunningAttempts(TimeProvider time)
{
    private readonly ConcurrentDictionary<ActiveAttempt, byte> attempts = new();
    private readonly Lock gate = new();
    private HashSet<RunId> known = [];
    private long changedAt = time.GetTimestamp();
    private int count;
    private TimeSpan busy;
    private long chunks;
    private long items;
    private TimeSpan attemptTime;
    private TimeSpan cpuTime;

    /// <summary>
    /// Raised before the first attempt of a run starts, unless no other run was known: what was learned from earlier runs may be wrong for this one. A run that pauses while
    /// another begins is unknown again afterwards.
    /// </summary>
    public event Action? RunBegan;

    /// <summary>How many run.</summary>
    public int Count => Volatile.Read(ref count);

    /// <summary>All of them, in no order.</summary>
    public IEnumerable<ActiveAttempt> All => attempts.Keys;

    /// <summary>What was done since the start.</summary>
    public WorkTotals Totals()
    {
        lock (gate)
        {
            ChangeCount(by: 0);
            return new WorkTotals(busy, chunks, items, attemptTime, cpuTime);
        }
    }

    public void Add(ActiveAttempt attempt)
    {
        attempts[attempt] = 0;
        bool began;
        lock (gate)
        {
            ChangeCount(by: 1);
            var isNew = !known.Contains(attempt.Chunk.Run);
            began = isNew && known.Count > 0;
            if (isNew)
                known = [.. attempts.Keys.Select(running => running.Chunk.Run)];
        }

        if (began)
            RunBegan?.Invoke();
    }

    /// <summary>Removes an attempt that ended.</summary>
    /// <param name="attempt">The attempt.</param>
    /// <param name="report">Its report; null when the slot failed and there is none.</param>
    public void Remove(ActiveAttempt attempt, AttemptReport? report)
    {
        attempts.TryRemove(attempt, out _);
        lock (gate)
        {
            ChangeCount(by: -1);
            chunks++;
            if (report is null)
                return;
            items += report.Outcome == AttemptOutcome.Succeeded ? attempt.Chunk.Count : 0;
            attemptTime += report.Duration;
            cpuTime += report.CpuTime;
        }
    }

    /// <summary>Stops the attempts that <paramref name="which"/> selects.</summary>
    public void Stop(Func<ActiveAttempt, bool> which, AttemptOutcome outcome, string reason)
    {
        foreach (var attempt in attempts.Keys.Where(which))
            attempt.Stop(outcome, reason);
    }

    private void ChangeCount(int by)
    {
        var now = time.GetTimestamp();
        busy += count * time.GetElapsedTime(changedAt, now);
        changedAt = now;
        count += by;
    }
}
