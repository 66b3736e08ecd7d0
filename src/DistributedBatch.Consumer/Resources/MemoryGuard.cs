namespace DistributedBatch.Consumer.Resources;

/// <summary>
/// Decides which attempts go when memory is about to run out. The youngest, because they lose least; enough of them to get back to the reserve, because
/// the kernel's killer does not wait for a second look; never the oldest, so that something always gets done.
/// </summary>
internal static class MemoryGuard
{
    // Many programs that fill memory at once take the whole reserve between two looks, so it is kept at a distance of as many looks at the pace of the last.
    private const int LooksAhead = 3;

    /// <summary>Whether memory is about to run out.</summary>
    /// <param name="availableBytes">Memory that could be had now.</param>
    /// <param name="beforeBytes">Memory that could be had at the last look.</param>
    /// <param name="reserveBytes">Memory that is never given to attempts; half of it gone is the alarm.</param>
    public static bool IsAlarm(long availableBytes, long beforeBytes, long reserveBytes) =>
        availableBytes - Ahead(availableBytes, beforeBytes) < reserveBytes / 2;

    /// <summary>The attempts to stop now; empty while there is no need.</summary>
    /// <param name="attempts">What runs, with the bytes it holds.</param>
    /// <param name="availableBytes">Memory that could be had now.</param>
    /// <param name="beforeBytes">Memory that could be had at the last look.</param>
    /// <param name="reserveBytes">Memory that is never given to attempts; half of it gone is the alarm.</param>
    public static IReadOnlyList<T> ToStop<T>(
        IEnumerable<(T Attempt, DateTimeOffset StartedAt, long Bytes)> attempts, long availableBytes, long beforeBytes, long reserveBytes)
    {
        var stop = new List<T>();
        if (!IsAlarm(availableBytes, beforeBytes, reserveBytes))
            return stop;
        var wanted = reserveBytes + Ahead(availableBytes, beforeBytes);
        var youngestFirst = attempts.OrderByDescending(attempt => attempt.StartedAt).ToList();
        var freed = 0L;
        for (var number = 0; number < youngestFirst.Count - 1 && availableBytes + freed < wanted; number++)
        {
            stop.Add(youngestFirst[number].Attempt);
            freed += youngestFirst[number].Bytes;
        }

        return stop;
    }

    private static long Ahead(long availableBytes, long beforeBytes) => LooksAhead * Math.Max(0, beforeBytes - availableBytes);
}
