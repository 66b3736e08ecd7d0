namespace DistributedBatch.Consumer.Resources;

/// <summary>
/// Selects the attempts to stop when memory is about to run out: the youngest, because they lose least work; as many as it takes to restore the
/// reserve, because the kernel's out-of-memory killer does not wait for the next check; never the oldest, so that the host always makes progress.
/// </summary>
internal static class MemoryGuard
{
    // Programs that allocate at the same time can use up the whole reserve between two checks. So the guard looks ahead this many checks at the last
    // rate.
    private const int ChecksAhead = 3;

    /// <summary>Whether memory is about to run out.</summary>
    /// <param name="availableBytes">Memory available now.</param>
    /// <param name="previousBytes">Memory available at the previous check.</param>
    /// <param name="reserveBytes">Memory reserved for the machine; the alarm is raised when less than half of it is left.</param>
    public static bool IsAlarm(long availableBytes, long previousBytes, long reserveBytes) =>
        availableBytes - ExpectedLoss(availableBytes, previousBytes) < reserveBytes / 2;

    /// <summary>The attempts to stop now; empty without an alarm.</summary>
    /// <param name="attempts">The running attempts, each with the bytes it holds.</param>
    /// <param name="availableBytes">Memory available now.</param>
    /// <param name="previousBytes">Memory available at the previous check.</param>
    /// <param name="reserveBytes">Memory reserved for the machine; the alarm is raised when less than half of it is left.</param>
    public static IReadOnlyList<T> ToStop<T>(
        IEnumerable<(T Attempt, DateTimeOffset StartedAt, long Bytes)> attempts, long availableBytes, long previousBytes, long reserveBytes)
    {
        var stop = new List<T>();
        if (!IsAlarm(availableBytes, previousBytes, reserveBytes))
            return stop;
        var target = reserveBytes + ExpectedLoss(availableBytes, previousBytes);
        var youngestFirst = attempts.OrderByDescending(attempt => attempt.StartedAt).ToList();
        var freed = 0L;
        for (var number = 0; number < youngestFirst.Count - 1 && availableBytes + freed < target; number++)
        {
            stop.Add(youngestFirst[number].Attempt);
            freed += youngestFirst[number].Bytes;
        }

        return stop;
    }

    private static long ExpectedLoss(long availableBytes, long previousBytes) => ChecksAhead * Math.Max(0, previousBytes - availableBytes);
}
