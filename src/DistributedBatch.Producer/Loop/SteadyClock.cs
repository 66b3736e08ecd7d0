namespace DistributedBatch.Producer.Loop;

/// <summary>
/// The time of the loop. It never goes back: when the clock of the machine is set back while runs are active, it goes on steadily, so that no retry waits for the hour to
/// come again. Not safe for several threads.
/// </summary>
internal sealed class SteadyClock(TimeProvider time)
{
    private DateTimeOffset last = time.GetUtcNow();
    private long lastTimestamp = time.GetTimestamp();

    /// <summary>The time: that of the machine, or a later one after the machine's clock was set back.</summary>
    public DateTimeOffset Now()
    {
        var timestamp = time.GetTimestamp();
        var steady = last + time.GetElapsedTime(lastTimestamp, timestamp);
        lastTimestamp = timestamp;
        var machine = time.GetUtcNow();
        return last = machine > steady ? machine : steady;
    }

    /// <summary>Takes over the machine's clock as it is now. Call it while nothing waits for a time.</summary>
    public void FollowMachine() => (last, lastTimestamp) = (time.GetUtcNow(), time.GetTimestamp());
}
